import { HOUSE_TOKEN, startGateway } from '../helpers/gateway.js';
import { JSON_RPC, WsClient, connected } from '../helpers/ws-client.js';

it('a gateway that stops tells every client to come again', async () => {
  const gateway = await startGateway({ config: { gateway: { auth: { token: HOUSE_TOKEN } } } });
  const { client } = await connected(gateway, JSON_RPC);
  const waiting = await WsClient.open(gateway);
  await gateway.close();
  const restart = { code: 1012, reason: 'service restart' };
  expect(await Promise.all([client.closed, waiting.closed])).toEqual([restart, restart]);
});
