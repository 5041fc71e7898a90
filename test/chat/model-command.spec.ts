import { apiKey, startStocked } from '../credentials/stocked.js';
import { HOUSE_TOKEN, type TestGateway } from '../helpers/gateway.js';
import { StandInAnthropic } from '../helpers/stand-in-anthropic.js';
import { openAiError, StandInOpenAi } from '../helpers/stand-in-openai.js';
import { newPerson, newTenant } from '../helpers/tenants.js';
import { ELSEWHERE, World } from '../helpers/world.js';
import { NATIVE } from '../helpers/ws-client.js';
import { Talker, textOf } from './talker.js';

const WORK = 'sk-canary-work-51c0';
const HOME = 'sk-canary-home-77aa';
const OTHER = 'sk-canary-other-0e3b';

const ANSWER = 'Grüße vom Modell 🦞';

let openai: StandInOpenAi;
let claude: StandInAnthropic;
let gateway: TestGateway;
let world: World;
let me: Talker;

beforeAll(async () => {
  openai = await StandInOpenAi.start();
  claude = await StandInAnthropic.start();
  const profiles = {
    'stand:work': apiKey('stand', WORK),
    'stand:me@example.com': apiKey('stand', HOME),
    'rival:work': apiKey('rival', OTHER),
  };
  const config = {
    gateway: { auth: { token: HOUSE_TOKEN, loopback: 'deny' } },
    models: {
      mode: 'replace',
      providers: {
        stand: { type: 'openai', baseUrl: openai.baseUrl, models: ['small', 'large'] },
        rival: { type: 'anthropic', baseUrl: claude.baseUrl, models: ['opus'] },
      },
    },
    auth: { order: { stand: ['stand:work', 'stand:me@example.com'] } },
    agents: {
      defaults: { models: { 'stand/large': { alias: 'Big' } } },
      list: [{ id: 'main', default: true, model: { primary: 'stand/small', fallbacks: ['rival/opus'] } }],
    },
  };
  gateway = await startStocked({ main: { ...profiles } }, { config, database: 'embedded' });
  world = new World(gateway);
  me = await Talker.at(gateway, NATIVE, HOUSE_TOKEN, { headers: ELSEWHERE });
});
afterAll(async () => {
  me.close();
  await gateway.close();
  await Promise.all([openai.close(), claude.close()]);
});
beforeEach(() => {
  openai.clear();
  claude.clear();
});

let sessions = 0;
const newSession = (): string => `session-${(sessions += 1)}`;
const reply = async (key: string, message: string): Promise<string> => textOf(await me.talk(key, message));
const chosen = async (key: string) => {
  const { sessions: found } = await me.ask('sessions.list', { search: key });
  return [found[0]?.modelOverride, found[0]?.authProfileOverride];
};

const MENU = `1. stand/small ← this session
2. rival/opus
3. stand/large (big)
Pick one with /model <number>; /model status says more.`;

describe('/model', () => {
  it.each(['/model', '/model list', '/MODEL: List'])('%s shows what can be picked, and asks no model', async (text) => {
    const key = newSession();
    expect(await reply(key, text)).toBe(MENU);
    expect([...openai.asked, ...claude.asked]).toEqual([]);
    const { messages } = await me.ask('chat.history', { sessionKey: key });
    expect(messages).toMatchObject([
      { role: 'user', command: true },
      { role: 'assistant', command: true },
    ]);
    // Between the person and the gateway: no model reads it.
    await me.talk(key, 'Hello');
    expect(openai.last.json.messages).toEqual([{ role: 'user', content: 'Hello' }]);
  });

  // prettier-ignore
  it.each([
    ['/model 2',                                'rival/opus', undefined],
    ['/model opus',                             'rival/opus', undefined],
    ['/model big',                              'stand/large', undefined],
    ['/model: stand/large',                     'stand/large', undefined],
    ['/model stand/unlisted',                   'stand/unlisted', undefined],
    ['/model stand/large@stand:me@example.com', 'stand/large', 'stand:me@example.com'],
    ['/model stand/small@work',                 'stand/small', 'stand:work'],
    ['/model rival/opus@rival:work',          'rival/opus', 'rival:work'],
  ])('%s', async (text, model, profile) => {
    const key = newSession();
    expect(await reply(key, text)).toContain(`This session now asks ${model}`);
    expect(await chosen(key)).toEqual([model, profile]);
    expect(await reply(key, 'Hello')).toBe(ANSWER);
    const asked = model.startsWith('stand') ? openai.last : claude.last;
    expect(asked.json.model).toBe(model.split('/')[1]);
  });

  it('sends on what stands beside it', async () => {
    const key = newSession();
    expect(await reply(key, '/model stand/large Hello there')).toBe(ANSWER);
    expect(openai.last.json).toMatchObject({ model: 'large', messages: [{ role: 'user', content: 'Hello there' }] });
    expect(await chosen(key)).toEqual(['stand/large', undefined]);
  });

  // prettier-ignore
  it.each([
    ['/model stand/large@stand:nobody',   /no such profile: stand:nobody/],
    ['/model stand/large@rival:work',    /profile rival:work is of rival, and stand\/large of stand/],
    ['/model 17',                         /no model 17: \/model list has 3/],
    ['/model 0',                          /no model 0/],
    ['/model nothing-like-it',            /no such model: nothing-like-it/],
    ['/model nowhere/x',                  /no such model: nowhere\/x/],
    ['/model nowhere/x and more',         /no such model: nowhere\/x/],
  ])('%s is an error, and nothing is changed', async (text, message) => {
    const key = newSession();
    await me.talk(key, '/model stand/large@stand:work');
    const before = await me.ask('chat.history', { sessionKey: key });
    expect((await me.refused('chat.send', { sessionKey: key, message: text })).message).toMatch(message);
    expect(await chosen(key)).toEqual(['stand/large', 'stand:work']);
    expect(await me.ask('chat.history', { sessionKey: key })).toEqual(before);
    expect(openai.asked).toEqual([]);
  });

  it('a profile stays with the session until it is reset, and is the only one of its provider that is asked', async () => {
    const key = newSession();
    await me.talk(key, '/model stand/small@stand:me@example.com');
    for (let n = 0; n < 3; n += 1) {
      await me.talk(key, 'Hello');
      expect(openai.last.headers.authorization).toBe(`Bearer ${HOME}`);
    }
    // Another model of the same provider keeps it; one of another provider cannot.
    await me.talk(key, '/model stand/large');
    expect(await chosen(key)).toEqual(['stand/large', 'stand:me@example.com']);
    await me.talk(key, '/model stand/small');

    openai.clear().once(openAiError(401, 'Incorrect API key', { code: 'invalid_api_key' }));
    expect(await reply(key, 'Hello')).toBe(ANSWER);
    expect(openai.asked).toHaveLength(1);
    expect(claude.last.headers['x-api-key']).toBe(OTHER);
    const { messages } = await me.ask('chat.history', { sessionKey: key });
    expect(messages.at(-1)).toMatchObject({ provider: 'rival', model: 'opus' });

    await me.ask('sessions.reset', { key });
    expect(await chosen(key)).toEqual([undefined, undefined]);
    await me.talk(key, 'Hello');
    expect(openai.last.headers.authorization).toBe(`Bearer ${WORK}`);
  });

  it('default gives the choice back to the agent', async () => {
    const key = newSession();
    await me.talk(key, '/model rival/opus');
    expect(await reply(key, '/model default')).toBe('This session now asks what agent main asks: stand/small.');
    expect(await chosen(key)).toEqual([undefined, undefined]);
  });

  it('status tells an admin of the house which credentials there are, and never one of them', async () => {
    const key = newSession();
    await me.talk(key, '/model stand/large@stand:work');
    const status = await reply(key, '/model status');
    expect(status).toContain('Model: stand/large (chosen for this session)');
    expect(status).toContain('Profile: stand:work (chosen for this session)');
    expect(status).toContain(`API: openai at ${openai.baseUrl}`);
    expect(status).toContain('Next: profile stand:work');
    expect(status).toContain('profile stand:me@example.com [api_key]: the session has chosen stand:work');
    expect(status).not.toMatch(/sk-canary/);
  });

  it('tells nobody else where credentials come from, and lets other tenants choose none', async () => {
    const stranger = await newPerson(world, await newTenant(world), 'owner');
    const other = await Talker.at(gateway, NATIVE, stranger.token, { headers: ELSEWHERE });
    expect(textOf(await other.talk('main', '/model status'))).toBe(
      'Model: stand/small (default of agent main)\nProfile: by the order of the agent\nAPI: openai',
    );
    for (const name of ['stand:work', 'stand:nobody', 'rival:work']) {
      const refused = await other.refused('chat.send', { sessionKey: 'main', message: `/model stand/small@${name}` });
      expect(refused.message).toBe(`no such profile: ${name}; nothing was changed`);
    }
    other.close();
  });

  it('is text like any other where the client says so', async () => {
    await me.talk(newSession(), '/model opus', { suppressCommandInterpretation: true });
    expect(openai.last.json.messages).toEqual([{ role: 'user', content: '/model opus' }]);
  });
});

describe('sessions.patch', () => {
  it('chooses and takes back, in one step or none', async () => {
    const key = newSession();
    await me.talk(key, 'Hello');
    const patch = async (change: object) => {
      const { ok, entry, resolved } = await me.ask('sessions.patch', { key, ...change });
      expect(ok).toBe(true);
      return [resolved.modelProvider, resolved.model, entry.modelOverride, entry.authProfileOverride, entry.label];
    };
    // prettier-ignore
    {
      expect(await patch({ label: 'Mine' })).toEqual(['stand', 'small', undefined, undefined, 'Mine']);
      expect(await patch({ model: 'big@work' })).toEqual(['stand', 'large', 'stand/large', 'stand:work', 'Mine']);
      expect(await patch({ profile: 'stand:me@example.com' })).toEqual(['stand', 'large', 'stand/large', 'stand:me@example.com', 'Mine']);
      expect(await patch({ profile: null })).toEqual(['stand', 'large', 'stand/large', undefined, 'Mine']);
      expect(await patch({ model: null, profile: 'work' })).toEqual(['stand', 'small', 'stand/small', 'stand:work', 'Mine']);
      expect(await patch({ model: 'rival/opus' })).toEqual(['rival', 'opus', 'rival/opus', undefined, 'Mine']);
      expect(await patch({ model: null, label: null })).toEqual(['stand', 'small', undefined, undefined, undefined]);
    }
    const before = await me.ask('sessions.list', { search: key });
    for (const wrong of [{ label: 'x', model: 'nothing' }, { label: 'x', profile: 'nobody' }, { label: '' }]) {
      await me.refused('sessions.patch', { key, ...wrong });
    }
    expect(await me.ask('sessions.list', { search: key })).toEqual(before);
  });
});
