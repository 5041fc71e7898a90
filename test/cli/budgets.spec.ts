import { HOUSE_TENANT } from '../../src/kernel/identity.js';
import { startGateway, type TestGateway } from '../helpers/gateway.js';
import { HOUSE_TOKEN } from '../helpers/gateway.js';
import type { StandInOpenAi } from '../helpers/stand-in-openai.js';
import { newPerson, newTenant, type Person } from '../helpers/tenants.js';
import { World } from '../helpers/world.js';
import { chat, config, provider } from '../usage/house.js';
import { cli, type Outcome } from './in-process.js';

let standIn: StandInOpenAi;
let gateway: TestGateway;
let ana: Person;
let acme: string;

beforeAll(async () => {
  standIn = await provider();
  gateway = await startGateway({ config: config(standIn), database: 'embedded' });
  const world = new World(gateway);
  ana = await newPerson(world, HOUSE_TENANT, 'member');
  acme = await newTenant(world, 'Acme');
});
afterAll(async () => {
  await gateway.close();
  await standIn.close();
});

function run(line: string, token = HOUSE_TOKEN): Promise<Outcome> {
  const environment = {
    HOME: '/nonexistent',
    DOORWARD_GATEWAY_PORT: String(gateway.port),
    DOORWARD_GATEWAY_TOKEN: token,
  };
  return cli(line, { environment });
}

describe('doorward budgets', () => {
  it('sets, lists and removes', async () => {
    const key = `user:${ana.email}:day`;
    expect(await run('budgets list')).toMatchObject({
      code: 0,
      stderr: expect.stringContaining('doorward budgets set'),
    });
    expect(await run(`budgets set ${key} --usd 2.5 --tokens 1_000_000`)).toEqual({
      code: 0,
      stdout: `${key}: 2.50 USD, 1,000,000 tokens, of which 2.50 USD, 1,000,000 tokens are left.\n`,
      stderr: '',
    });
    const { stdout } = await run('budgets list');
    const [head, line] = stdout.trimEnd().split('\n');
    expect(head).toMatch(/^BUDGET +LIMIT +USED +LEFT +BEGINS ANEW$/);
    expect(line).toMatch(new RegExp(`^${key} +2.50 USD, 1,000,000 tokens +0.00 USD, 0 tokens +2.50 USD`));
    expect(JSON.parse((await run('budgets list --json')).stdout)).toMatchObject([{ key, limit: { usd: 2.5 } }]);
    expect((await run(`budgets remove ${key}`)).stdout).toBe(`${key} bounds nobody any more.\n`);
    expect(await run(`budgets remove ${key}`)).toMatchObject({
      code: 1,
      stderr: expect.stringContaining('no such budget'),
    });
  });

  it('sets the budget of a tenant by its name', async () => {
    const { stdout } = await run('budgets set tenant:self:month --usd 100 --tenant Acme');
    expect(stdout).toBe(`tenant:${acme}:month: 100.00 USD, of which 100.00 USD are left.\n`);
    expect((await run('budgets list --all-tenants')).stdout).toContain(`tenant:${acme}:month`);
    expect((await run('budgets list --tenant Acme --json')).stdout).toContain(acme);
  });

  it.each([
    ['budgets set agent:main:day', 'a budget needs --usd, --tokens, or both'],
    ['budgets set agent:main:day --usd much', '--usd is no amount: much'],
    ['budgets list --tenant Acme --all-tenants', 'not both'],
  ])('%s is wrong usage', async (line, said) => {
    expect(await run(line)).toMatchObject({ code: 2, stderr: expect.stringContaining(said) });
  });

  it.each([
    ['budgets set agent:main:week --usd 1', 'must be <tenant|user|agent>:<name>:<day|month|total>'],
    ['budgets set agent:nobody:day --usd 1', 'no such agent'],
  ])('%s fails, and says why', async (line, said) => {
    expect(await run(line)).toMatchObject({ code: 1, stderr: expect.stringContaining(said) });
  });
});

describe('doorward usage', () => {
  it('shows what was used, and by whom', async () => {
    expect((await run('usage')).stderr).toContain('Nothing was used.');
    await chat(gateway, { headers: ana.headers });
    await chat(gateway, { headers: ana.headers, model: 'stand/free' });

    const { code, stdout, stderr } = await run('usage');
    expect(code).toBe(0);
    expect(
      stdout
        .split('\n')
        .slice(0, 3)
        .map((line) => line.split(/ {2,}/)),
    ).toEqual([
      ['MODEL', 'CALLS', 'INPUT', 'CACHED', 'OUTPUT', 'USD'],
      ['stand/free', '1', '10', '0', '40', '0.00'],
      ['stand/priced', '1', '10', '0', '40', '0.00009'],
    ]);
    expect(stderr).toContain('Without a price: 1. Say what');

    expect((await run('usage --by user,agent --since 1h')).stdout).toContain(`${ana.email}  main`);
    expect(JSON.parse((await run(`usage --user ${ana.email} --by model --json`)).stdout)).toHaveLength(2);
    expect(JSON.parse((await run('usage --agent other --json')).stdout)).toEqual([]);
    expect(JSON.parse((await run('usage --all-tenants --by tenant --json')).stdout)).toHaveLength(1);
  });

  it('shows a member their own', async () => {
    const stranger = await newPerson(new World(gateway), HOUSE_TENANT, 'member');
    expect(JSON.parse((await run('usage --json', stranger.token)).stdout)).toEqual([]);
    expect(await run('budgets list', stranger.token)).toMatchObject({ code: 1 });
  });

  it('says what it can be told apart by', async () => {
    expect(await run('usage --by colour')).toMatchObject({ code: 1, stderr: expect.stringContaining('groupBy') });
  });
});
