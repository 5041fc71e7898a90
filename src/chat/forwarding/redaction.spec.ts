import { Redaction } from './redaction.js';

const cleaned = (secret: string, text: string, headers?: Record<string, string>): string =>
  new Redaction(secret, headers).bytes(Buffer.from(text)).toString();

describe('a credential in what a provider says', () => {
  // prettier-ignore
  it.each([
    // credential            said                                                    goes on
    ['sk-0123456789',       'bad key sk-0123456789, sk-0123456789',                  'bad key ***, ***'],
    ['sk-0123456789',       'bad key sk-012***789',                                  'bad key sk-012***789'],
    ['abc/def+ghi=="x"',    '{"m":"abc/def+ghi==\\"x\\""}',                          '{"m":"***"}'],
    ['abc/def+ghi=="x"',    '{"m":"abc\\/def+ghi==\\"x\\""}',                        '{"m":"***"}'],
    ['abc/def+ghi==',       'https://a.example/?key=abc%2Fdef%2Bghi%3D%3D',          'https://a.example/?key=***'],
    ['ollama',              'ollama runs models',                                    'ollama runs models'],
    ['',                    'nothing at all',                                        'nothing at all'],
  ])('%s in %s', (secret, said, sent) => {
    expect(cleaned(secret, said)).toBe(sent);
    expect(new Redaction(secret).text(said)).toBe(sent);
  });

  it('is looked for in headers that are secrets, and in no others', () => {
    const headers = {
      authorization: 'Bearer header-secret',
      'x-title': 'A title of ours',
      'x-api-token': 'token-secret',
    };

    expect(cleaned('', 'header-secret, A title of ours, token-secret', headers)).toBe('***, A title of ours, ***');
  });

  it('leaves bytes alone in which there is none: the very same buffer', () => {
    const bytes = Buffer.from('nothing of the kind');

    expect(new Redaction('sk-0123456789').bytes(bytes)).toBe(bytes);
  });
});
