import { chmodSync, writeFileSync } from 'node:fs';
import { HOUSE_TOKEN, startGateway, type TestGateway } from '../helpers/gateway.js';
import { newStateDir } from '../helpers/embedded.js';
import { Desk } from './desk.js';

let gateway: TestGateway;
let desk: Desk;
let keys: string;

const write = (content: object): void => {
  writeFileSync(keys, JSON.stringify(content));
  chmodSync(keys, 0o600);
};

beforeAll(async () => {
  desk = new Desk();
  const stateDir = newStateDir();
  keys = desk.file('keys.json', { house: HOUSE_TOKEN });
  gateway = await startGateway({
    stateDir,
    config: {
      gateway: { auth: { token: { source: 'file', provider: 'keys', id: '/house' } } },
      secrets: { providers: { keys: { source: 'file', path: keys } } },
    },
  });
});
afterAll(async () => {
  await gateway.close();
  desk.remove();
});

const reload = (flags = ''): ReturnType<Desk['run']> =>
  desk.run(`secrets reload --url ${gateway.url} --token-file ${desk.file('token', HOUSE_TOKEN)} ${flags}`);

it('tells what was reloaded', async () => {
  expect(await reload()).toMatchObject({ code: 0, stdout: expect.stringMatching(/^Reloaded: 1 references followed/) });
  const { stdout } = await reload('--json');
  expect(JSON.parse(stdout)).toMatchObject({ ok: true, resolved: 1, warningCount: 0, warnings: [] });
});

it('says what failed, with exit 1, and leaves what was in use', async () => {
  write({ house: '' });
  const { code, stderr } = await reload();

  expect(code).toBe(1);
  expect(stderr).toContain('gateway.auth.token');
  expect(stderr).toContain('is empty');
  expect(
    (await gateway.get('/api/v1/whoami', { authorization: `Bearer ${HOUSE_TOKEN}`, host: 'gateway' })).body.method,
  ).toBe('token');
  write({ house: HOUSE_TOKEN });
});

it('a gateway that is not there is told apart', async () => {
  const { code, stderr } = await desk.run('secrets reload --timeout 1');
  expect({ code, stderr }).toEqual({ code: 1, stderr: expect.stringContaining('no gateway is running') });
});

it.each(['0', 'soon', '-1', '99999'])('--timeout %s is wrong usage', async (seconds) => {
  expect(await desk.run(['secrets', 'reload', `--timeout=${seconds}`])).toMatchObject({ code: 2 });
});
