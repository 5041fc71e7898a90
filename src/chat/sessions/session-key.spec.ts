import { readSessionKey, sessionKeyText } from './session-key.js';

describe('a session key', () => {
  // prettier-ignore
  it.each([
    ['main',                      { agent: 'home', key: 'main' }],
    [' main ',                    { agent: 'home', key: 'main' }],
    ['agent:main:main',           { agent: 'main', key: 'main' }],
    ['agent:Work:tui-1',          { agent: 'work', key: 'tui-1' }],
    ['agent:work:a:b',            { agent: 'work', key: 'a:b' }],
    ['agent:work',                { agent: 'home', key: 'agent:work' }],
    ['whatsapp:group:1@g.us',     { agent: 'home', key: 'whatsapp:group:1@g.us' }],
  ])('%j', (text, name) => {
    expect(readSessionKey(text, 'home')).toEqual(name);
    expect(readSessionKey(sessionKeyText(readSessionKey(text, 'home')), 'elsewhere')).toEqual(name);
  });

  it.each(['', '  ', 'a\nb', 'a\u0000', '\u202Eabc', 'x'.repeat(513), 'agent:../etc:main', 'agent:a b:main'])(
    'not %j',
    (text) => {
      expect(() => readSessionKey(text, 'home')).toThrow(expect.objectContaining({ code: 'invalid_request' }));
    },
  );
});
