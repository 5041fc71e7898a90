import OpenAI, { NotFoundError } from 'openai';
import { bearer, HOUSE_TOKEN, startGateway, type TestGateway } from '../helpers/gateway.js';
import { StandInOpenAi } from '../helpers/stand-in-openai.js';
import { World } from '../helpers/world.js';
import { modelConfig, sdk } from './model-api.js';

let standIn: StandInOpenAi;
let gateway: TestGateway;
let world: World;
let client: OpenAI;

beforeAll(async () => {
  standIn = await StandInOpenAi.start();
  gateway = await startGateway({ config: modelConfig(standIn), database: 'embedded' });
  world = new World(gateway);
  client = sdk(gateway);
});
afterAll(async () => {
  await gateway.close();
  await standIn.close();
});

const listed = async (api = client): Promise<string[]> => (await api.models.list()).data.map(({ id }) => id);

describe('GET /v1/models', () => {
  it('lists agents and models, as the SDK reads them', async () => {
    expect(await listed()).toEqual([
      'openclaw',
      'openclaw/default',
      'openclaw/main',
      'stand/gpt-test',
      'stand/vectors',
    ]);
    const { data } = await client.models.list();
    expect(data[0]).toEqual({ id: 'openclaw', object: 'model', created: expect.any(Number), owned_by: 'doorward' });
  });

  it.each(['openclaw/main', 'stand/gpt-test', 'openai/some-other', 'doorward', 'gpt-test'])('knows %s', async (id) => {
    expect(await client.models.retrieve(id)).toMatchObject({ id, object: 'model' });
    const plain = await gateway.get(`/v1/models/${id}`, bearer(HOUSE_TOKEN));
    expect(plain.body).toMatchObject({ id });
  });

  it('says of an unknown one what the SDK understands', async () => {
    const error = await client.models.retrieve('nowhere/x').catch((thrown: unknown) => thrown as NotFoundError);
    expect(error).toBeInstanceOf(NotFoundError);
    expect(error).toMatchObject({
      status: 404,
      code: 'model_not_found',
      param: 'model',
      type: 'invalid_request_error',
    });
  });

  it('shows a tenant what is open to it, and follows a reload', async () => {
    const { token, tenantId } = await world.tenantToken('viewer');
    const other = await world.tenantToken('viewer');
    const config = modelConfig(standIn, {
      agents: {
        list: [
          { id: 'main', default: true, model: 'stand/gpt-test' },
          { id: 'theirs', tenants: [tenantId] },
        ],
      },
    });
    await world.configure(config);
    expect(await listed(sdk(gateway, token))).toContain('openclaw/theirs');
    expect(await listed(sdk(gateway, other.token))).not.toContain('openclaw/theirs');
    await expect(sdk(gateway, other.token).models.retrieve('openclaw/theirs')).rejects.toMatchObject({ status: 404 });
    await world.configure(modelConfig(standIn));
  });
});

describe('errors under /v1', () => {
  const shape = (code: string, more: object = {}): object => ({
    error: {
      message: expect.any(String),
      type: expect.any(String),
      param: null,
      code,
      requestId: expect.any(String),
      ...more,
    },
  });

  it('no credential: 401 with the contract’s words', async () => {
    const reply = await gateway.get('/v1/models');
    expect(reply.status).toBe(401);
    expect(reply.headers['www-authenticate']).toBe('Bearer');
    expect(reply.headers['x-should-retry']).toBe('false');
    expect(reply.body).toEqual(shape('token_missing', { message: 'Unauthorized', type: 'unauthorized' }));
    await expect(sdk(gateway, 'wrong').models.list()).rejects.toBeInstanceOf(OpenAI.AuthenticationError);
    await world.forgive();
  });

  it('too narrow a credential: 403', async () => {
    const { token } = await world.person('viewer');
    const error = await sdk(gateway, token)
      .chat.completions.create({ model: 'openclaw', messages: [] })
      .catch((thrown: unknown) => thrown);
    expect(error).toBeInstanceOf(OpenAI.PermissionDeniedError);
    expect(error).toMatchObject({ code: 'missing_scope', error: { message: 'missing scope: operator.write' } });
  });

  // prettier-ignore
  it.each([
    ['an unknown path',    'GET',  '/v1/engines',          404, 'not_found'],
    ['another method',     'GET',  '/v1/chat/completions', 405, 'method_not_allowed'],
    ['too wide a path',    'POST', '/v1/completions',      404, 'not_found'],
  ])('%s', async (_, method, path, status, code) => {
    const reply = await gateway.call(path, { method, headers: bearer(HOUSE_TOKEN) });
    expect([reply.status, reply.body]).toEqual([status, shape(code)]);
  });

  it('a form: 415', async () => {
    const headers = { ...bearer(HOUSE_TOKEN), 'content-type': 'application/x-www-form-urlencoded' };
    const reply = await gateway.call('/v1/chat/completions', { method: 'POST', headers, body: 'model=openclaw' });
    expect([reply.status, reply.body]).toEqual([415, shape('unsupported_media_type')]);
  });

  it('a locked address: 429 with Retry-After, which the SDK does not knock at again', async () => {
    for (let i = 0; i < 20; i += 1) await gateway.get('/v1/models', bearer(`wrong-${i}`));
    const reply = await gateway.get('/v1/models', bearer(HOUSE_TOKEN));
    expect(reply.status).toBe(429);
    expect(Number(reply.headers['retry-after'])).toBeGreaterThan(0);
    expect(reply.body).toEqual(
      shape('rate_limited', {
        message: 'Too many failed authentication attempts. Please try again later.',
        type: 'rate_limited',
      }),
    );
    const error = await sdk(gateway, HOUSE_TOKEN, { maxRetries: 2 })
      .models.list()
      .catch((thrown: unknown) => thrown);
    expect(error).toBeInstanceOf(OpenAI.RateLimitError);
    await world.forgive();
  });
});
