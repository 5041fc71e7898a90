import { type TestGateway, HOUSE_TOKEN, bearer, startGateway } from '../helpers/gateway.js';

let gateway: TestGateway;

beforeAll(async () => {
  gateway = await startGateway({
    config: { gateway: { auth: { token: HOUSE_TOKEN, loopback: 'deny' } } },
    database: 'embedded',
  });
});

afterAll(() => gateway.close());

describe('who answers', () => {
  it('the static token', async () => {
    const reply = await gateway.get('/api/v1/whoami', bearer(HOUSE_TOKEN));
    expect(reply.status).toBe(200);
    expect(reply.body.method).toBe('token');
  });

  it('a gateway token', async () => {
    const { token } = await gateway.gatewayToken();
    const reply = await gateway.get('/api/v1/whoami', bearer(token));
    expect(reply.body).toMatchObject({ method: 'gateway-token', user: 'ana@example.com' });
  });

  it('a device token', async () => {
    const reply = await gateway.get('/api/v1/whoami', bearer(await gateway.deviceToken()));
    expect(reply.body).toMatchObject({ method: 'device-token' });
  });
});
