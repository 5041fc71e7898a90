import { createServer } from 'node:http';
import { once } from 'node:events';
import type { AddressInfo } from 'node:net';
import { addToChain } from '../../src/audit/audit-chain.js';
import { HOUSE_TENANT } from '../../src/kernel/identity.js';
import { Database } from '../../src/storage/database.js';
import { HOUSE_TOKEN, startGateway, type TestGateway } from '../helpers/gateway.js';
import { newTenant } from '../helpers/tenants.js';
import { World } from '../helpers/world.js';
import { cli, type Outcome } from './in-process.js';

let gateway: TestGateway;
let world: World;
let tenantId: string;

beforeAll(async () => {
  gateway = await startGateway({
    config: { gateway: { auth: { token: HOUSE_TOKEN, loopback: 'deny' } } },
    database: 'embedded',
  });
  world = new World(gateway);
  tenantId = await newTenant(world, 'Acme');
  for (const tenant of [tenantId, HOUSE_TENANT]) {
    const entries = Array.from({ length: 3 }, (_, index) => ({
      tenantId: tenant,
      actor: 'test:ü\u001b[2J',
      action: index === 1 ? 'device.removed' : 'device.approved',
    }));
    await world.get(Database).transaction((manager) => addToChain(entries, manager));
  }
});
afterAll(() => gateway.close());

const run = (line: string, port = gateway.port): Promise<Outcome> =>
  cli(line, {
    environment: {
      HOME: '/nonexistent',
      DOORWARD_GATEWAY_PORT: String(port),
      DOORWARD_GATEWAY_TOKEN: HOUSE_TOKEN,
    },
  });

const rows = ({ stdout }: Outcome): { tenantId: string; seq: number }[] =>
  stdout
    .trimEnd()
    .split('\n')
    .map((line) => JSON.parse(line) as never);

describe('audit export', () => {
  it('prints every row, a line each, of one tenant by its name or of all', async () => {
    const all = await run('audit export');
    expect(all).toMatchObject({ code: 0, stderr: '' });
    expect(new Set(rows(all).map((row) => row.tenantId))).toEqual(new Set([tenantId, HOUSE_TENANT]));
    expect(all.stdout).not.toContain('\u001b');

    const acme = await run('audit export --tenant Acme --json');
    expect(rows(acme).map(({ seq }) => seq)).toEqual([1, 2, 3]);
  });

  it('prints what fits', async () => {
    const found = async (flags: string) => rows(await run(`audit export --tenant Acme ${flags}`)).map(({ seq }) => seq);
    expect(await found('--action device.removed')).toEqual([2]);
    expect(await found('--action device.* --from 2020-01-01')).toEqual([1, 2, 3]);
    expect((await run('audit export --tenant Acme --to 2020-01-01')).stdout).toBe('');
  });

  it('ends with 1 when the answer breaks off, and says so', async () => {
    const breaking = createServer((_, response) => {
      response.writeHead(200, { 'content-type': 'application/x-ndjson' });
      response.write('{"seq":1}\n', () => response.destroy());
    }).listen(0, '127.0.0.1');
    await once(breaking, 'listening');
    const { code, stdout, stderr } = await run('audit export', (breaking.address() as AddressInfo).port);
    breaking.close();

    expect([code, stdout]).toEqual([1, '{"seq":1}\n']);
    expect(stderr).toContain('broke off');
  });

  it.each(['--from yesterday', '--to 12', '--from 2026-99-01'])('does not take %s', async (flags) => {
    expect((await run(`audit export ${flags}`)).code).toBe(2);
  });

  it('says what the gateway does not take', async () => {
    const { code, stderr } = await run('audit export --action Device');
    expect(code).toBe(1);
    expect(stderr).toContain('device.approved');
  });
});

describe('audit verify', () => {
  it('says that all is well, and which row is the last', async () => {
    const { code, stdout, stderr } = await run('audit verify --tenant Acme');
    expect([code, stdout]).toEqual([0, 'Every row follows from the one before it (3 rows, 1 tenant).\n']);
    expect(stderr).toMatch(/^The last row is 3, with the hash [0-9a-f]{64}\.\n$/);
  });

  it('ends with 1 and names what is wrong', async () => {
    await world.rows(`UPDATE audit_events SET action = 'x' WHERE tenant_id = $1 AND seq = 2`, [tenantId]);
    const { code, stdout } = await run('audit verify');
    expect(code).toBe(1);
    expect(stdout).toContain(`changed   row 2 of tenant ${tenantId} is not what it was\nPlaces that do not fit: 1 (`);

    const json = await run('audit verify --json');
    expect(json.code).toBe(1);
    expect(JSON.parse(json.stdout)).toMatchObject({ ok: false, faults: [{ tenantId, seq: 2, fault: 'changed' }] });
  });
});
