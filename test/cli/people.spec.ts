import { randomUUID } from 'node:crypto';
import { Readable } from 'node:stream';
import type { World as CliWorld } from '../../src/cli/command.js';
import { HOUSE_TENANT } from '../../src/kernel/identity.js';
import { HOUSE_TOKEN, startGateway, type TestGateway } from '../helpers/gateway.js';
import { newPerson, newTenant, type Person } from '../helpers/tenants.js';
import { World } from '../helpers/world.js';
import { cli, type Outcome } from './in-process.js';

let gateway: TestGateway;
let world: World;
let ana: Person;

beforeAll(async () => {
  gateway = await startGateway({
    config: { gateway: { auth: { token: HOUSE_TOKEN, loopback: 'deny' } } },
    database: 'embedded',
  });
  world = new World(gateway);
  await newPerson(world, HOUSE_TENANT, 'owner');
});
afterAll(() => gateway.close());
beforeEach(async () => {
  ana = await newPerson(world, HOUSE_TENANT, 'member');
});

/** A command on the machine of the gateway. */
function run(line: string | string[], { token = HOUSE_TOKEN, ...more }: Partial<CliWorld> & { token?: string } = {}) {
  const environment = {
    HOME: '/nonexistent',
    DOORWARD_GATEWAY_PORT: String(gateway.port),
    DOORWARD_GATEWAY_TOKEN: token,
  };
  return cli(line, { environment, ...more });
}

/** The same with a person at the keyboard, who types that. */
const typing = (line: string, typed: string): Promise<Outcome> =>
  run(line, { stdin: Object.assign(Readable.from([typed]), { isTTY: true }) });

async function statusOf({ userId }: Person): Promise<unknown> {
  const [row] = await world.rows('SELECT status FROM users WHERE id = $1', [userId]);
  return row!['status'];
}

describe('users', () => {
  it('list shows them as a table, by role and search, and --json as an array', async () => {
    const { code, stdout } = await run(`users list --role member --search ${ana.email}`);
    const [headings, row, ...rest] = stdout.trimEnd().split('\n');

    expect(code).toBe(0);
    expect(headings!.split(/ {2,}/)).toEqual(['ID', 'EMAIL', 'NAME', 'ROLE', 'STATUS', 'SIGNED IN']);
    expect(row!.split(/ {2,}/)).toEqual([ana.userId, ana.email, '-', 'member', 'active', 'never']);
    expect(rest).toEqual([]);
    const listed = JSON.parse((await run(`users list --search ${ana.email} --json`)).stdout) as unknown[];
    expect(listed).toMatchObject([{ id: ana.userId }]);
  });

  it('show names one, by address or id', async () => {
    for (const name of [ana.email.toUpperCase(), ana.userId]) {
      expect((await run(['users', 'show', name])).stdout).toContain(`E-mail      ${ana.email}\n`);
    }
    expect(await run('users show nobody@example.com')).toMatchObject({
      code: 1,
      stderr: expect.stringContaining('doorward users list'),
    });
  });

  it('create writes one down', async () => {
    const email = `${randomUUID()}@example.com`;
    expect(await run(['users', 'create', email, '--role', 'viewer', '--name', 'Bea B.'])).toMatchObject({ code: 0 });
    expect(JSON.parse((await run(`users show ${email} --json`)).stdout)).toMatchObject({
      role: 'viewer',
      displayName: 'Bea B.',
    });
  });

  it('invite prints what to hand over alone on stdout; list --invited shows it; remove takes it back', async () => {
    const email = `${randomUUID()}@example.com`;
    const { code, stdout, stderr } = await run(`users invite ${email} --role admin`);

    expect(code).toBe(0);
    expect(stdout).toMatch(/[A-Za-z0-9_-]{43}\n$/);
    expect(stderr).toContain(`Invitation of ${email} as admin`);
    expect((await run('users list --invited')).stdout).toContain(email);
    expect((await run(`users remove ${email}`)).stdout).toContain('invitation');
    expect((await run('users list --invited')).stdout).not.toContain(email);
  });

  it('role gives another', async () => {
    expect(await run(`users role ${ana.email} admin`)).toMatchObject({
      code: 0,
      stdout: `${ana.email} is admin now (was member).\n`,
    });
    expect(await run(`users role ${ana.email} root`)).toMatchObject({
      code: 1,
      stderr: expect.stringContaining('role: '),
    });
  });

  it('suspend asks a person, not a script, and activate undoes it', async () => {
    expect((await typing(`users suspend ${ana.email}`, 'n\n')).code).toBe(1);
    expect(await statusOf(ana)).toBe('active');
    expect((await typing(`users suspend ${ana.email}`, 'y\n')).code).toBe(0);
    expect(await statusOf(ana)).toBe('suspended');
    expect((await run(`users activate ${ana.email}`)).stdout).toBe(`${ana.email} is active.\n`);
    expect((await run(`users suspend ${ana.email}`)).code).toBe(0);
    expect(await statusOf(ana)).toBe('suspended');
  });

  it('remove asks a person, and is for good', async () => {
    expect((await typing(`users remove ${ana.email}`, '')).code).toBe(1);
    expect((await typing(`users remove ${ana.email} --yes`, '')).code).toBe(0);
    expect(await statusOf(ana)).toBe('deleted');
  });

  it('an error of a rule says what to do next', async () => {
    const admin = await newPerson(world, HOUSE_TENANT, 'admin');
    const owner = await newPerson(world, HOUSE_TENANT, 'owner');
    const { code, stderr } = await run(`users suspend ${owner.email} --yes`, { token: admin.token });

    expect(code).toBe(1);
    expect(stderr).toContain('role_too_high');
    expect(stderr).toContain('Let an owner of the tenant do it.');
  });
});

describe('tenants', () => {
  it('create makes one and prints the invitation of its owner; users work in it by name', async () => {
    const name = `Acme ${randomUUID()}`;
    const { code, stdout, stderr } = await run(['tenants', 'create', name, '--owner', 'ana@acme.example']);

    expect(code).toBe(0);
    expect(stdout).toMatch(/[A-Za-z0-9_-]{43}\n$/);
    expect(stderr).toContain(`Made the tenant ${name}`);
    expect((await run(['users', 'list', '--invited', '--tenant', name])).stdout).toContain('ana@acme.example');
    expect((await run(['users', 'create', `${randomUUID()}@acme.example`, '--tenant', name])).code).toBe(0);
    expect((await run(['users', 'list', '--tenant', name, '--json'])).stdout).toContain('@acme.example');
  });

  it('list, rename, suspend and activate', async () => {
    const name = `T ${randomUUID()}`;
    const id = await newTenant(world, name);

    expect((await run('tenants list')).stdout).toContain(name);
    expect((await run(['tenants', 'rename', name, `${name}!`])).stdout).toBe(`Tenant ${id} is called ${name}!.\n`);
    expect((await typing(`tenants suspend ${id}`, 'no\n')).code).toBe(1);
    expect((await typing(`tenants suspend ${id}`, 'yes\n')).code).toBe(0);
    expect((await run('tenants list --status suspended')).stdout).toContain(id);
    expect((await run(`tenants activate ${id}`)).stdout).toBe(`${name}! is active.\n`);
  });

  it('two of one name are told apart by their ids', async () => {
    const name = `Twin ${randomUUID()}`;
    const ids = [await newTenant(world, name), await newTenant(world, name)];
    const { code, stderr } = await run(['tenants', 'suspend', name, '--yes']);

    expect(code).toBe(2);
    for (const id of ids) expect(stderr).toContain(id);
  });

  it('one that there is none of', async () => {
    expect(await run('users list --tenant Nowhere')).toMatchObject({
      code: 1,
      stderr: expect.stringContaining('Nowhere'),
    });
  });
});
