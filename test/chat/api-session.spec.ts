import { bearer, HOUSE_TOKEN, type Reply, type TestGateway } from '../helpers/gateway.js';
import { StandInOpenAi } from '../helpers/stand-in-openai.js';
import { ELSEWHERE, World } from '../helpers/world.js';
import { NATIVE } from '../helpers/ws-client.js';
import { apiKey, startStocked } from '../credentials/stocked.js';
import { HELLO } from './model-api.js';
import { Talker } from './talker.js';

const [WORK, HOME] = ['sk-work-1111111111111111', 'sk-home-2222222222222222'];

let standIn: StandInOpenAi;
let gateway: TestGateway;
let world: World;
let me: Talker;

beforeAll(async () => {
  standIn = await StandInOpenAi.start();
  const config = {
    gateway: { auth: { token: HOUSE_TOKEN, loopback: 'deny' } },
    models: { providers: { stand: { type: 'openai', baseUrl: standIn.baseUrl, models: ['small', 'large'] } } },
    auth: { order: { stand: ['stand:work', 'stand:home'] } },
    agents: { list: [{ id: 'main', default: true, model: 'stand/small' }] },
  };
  const profiles = { 'stand:work': apiKey('stand', WORK), 'stand:home': apiKey('stand', HOME) };
  gateway = await startStocked({ main: profiles }, { config, database: 'embedded' });
  world = new World(gateway);
  me = await Talker.at(gateway, NATIVE, HOUSE_TOKEN, { headers: ELSEWHERE });
  await me.talk('trip', '/model stand/large@stand:home');
});
beforeEach(() => standIn.clear());
afterAll(async () => {
  me.close();
  await gateway.close();
  await standIn.close();
});

const ask = (session: string, body: object = { model: 'openclaw' }, token = HOUSE_TOKEN): Promise<Reply> =>
  gateway.call('/v1/chat/completions', {
    method: 'POST',
    headers: { ...bearer(token), 'x-openclaw-session-key': session },
    body: { messages: HELLO, ...body },
  });

const seen = (): unknown => [standIn.last.json.model, standIn.last.headers.authorization];

describe('a request that names its conversation', () => {
  it.each(['trip', 'agent:main:trip'])(
    'by %s is asked of the model and with the profile that were chosen there',
    async (key) => {
      expect((await ask(key)).status).toBe(200);
      expect(seen()).toEqual(['large', `Bearer ${HOME}`]);
    },
  );

  it('and a model as well is asked of that model', async () => {
    await ask('trip', { model: 'stand/small' });
    expect(seen()).toEqual(['small', `Bearer ${WORK}`]);
  });

  it('that was never begun is asked as ever', async () => {
    await ask('nowhere');
    expect(seen()).toEqual(['small', `Bearer ${WORK}`]);
  });

  it('S124: of somebody else is asked as ever, whatever was chosen there', async () => {
    const { token } = await world.person('admin');
    await ask('trip', {}, token);
    expect(seen()).toEqual(['small', `Bearer ${WORK}`]);
  });
});
