import { Readable } from 'node:stream';
import type { World as CliWorld } from '../../src/cli/command.js';
import { Terminal } from '../../src/cli/terminal.js';
import type { Scope } from '../../src/kernel/scopes.js';
import { InvitesService } from '../../src/pairing/invites.service.js';
import { Device } from '../helpers/device.js';
import { bearer, HOUSE_TOKEN, startGateway, type TestGateway } from '../helpers/gateway.js';
import { askToPair, pairedDevice } from '../helpers/pairing.js';
import { World } from '../helpers/world.js';
import { cli, type Outcome } from './in-process.js';

let gateway: TestGateway;
let world: World;

beforeAll(async () => {
  gateway = await startGateway({
    config: { gateway: { auth: { token: HOUSE_TOKEN, loopback: 'deny' } } },
    database: 'embedded',
  });
  world = new World(gateway);
});
afterAll(() => gateway.close());
beforeEach(async () => {
  await world.rows('DELETE FROM pairing_requests');
  await world.rows('DELETE FROM devices');
});

/** A command on the machine of the gateway. */
function run(
  line: string | string[],
  { token = HOUSE_TOKEN, ...more }: Partial<CliWorld> & { token?: string } = {},
): Promise<Outcome> {
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

/** The same on a screen. */
async function onScreen(line: string): Promise<string> {
  let stdout = '';
  const terminal = new Terminal(
    { write: (text) => (stdout += text), isTTY: true },
    { write: () => true },
    { NO_COLOR: '1' },
  );
  await run(line, { terminal });
  return stdout;
}

const fingerprint = (id: string): string => id.slice(0, 16).match(/.{4}/g)!.join('-');

async function statusOf(requestId: string): Promise<string> {
  const [row] = await world.rows<{ status: string }>('SELECT status FROM pairing_requests WHERE id = $1', [requestId]);
  return row!.status;
}

async function holding(...scopes: Scope[]): Promise<string> {
  return (await gateway.gatewayToken({ role: 'admin', scopes })).token;
}

describe('devices list', () => {
  it('shows who waits, with code, address and new scopes marked, and who is paired', async () => {
    const deviceId = await pairedDevice(world, { scopes: ['operator.read'], displayName: "Ana's phone" });
    const waiting = await askToPair(world, {
      deviceId,
      publicKey: undefined,
      scopes: ['operator.read', 'operator.admin'],
      displayName: "Ana's phone",
      source: '203.0.113.9',
    });
    const { code, stdout } = await run('devices list');
    const [title, headings, row, , , , pairedRow] = stdout.split('\n');

    expect(code).toBe(0);
    expect(title).toBe('Waiting (1)');
    expect(headings!.split(/ {2,}/)).toEqual([
      'REQUEST',
      'CODE',
      'DEVICE',
      'NAME',
      'PLATFORM',
      'ADDRESS',
      'AGE',
      'ROLE',
      'SCOPES ASKED',
    ]);
    expect(row!.split(/ {2,}/)).toEqual([
      waiting.requestId,
      waiting.code,
      fingerprint(deviceId),
      "Ana's phone",
      'ios',
      '203.0.113.9',
      expect.stringMatching(/^\d+ s$/),
      'operator',
      'operator.read +operator.admin',
    ]);
    expect(pairedRow!.split(/ {2,}/)).toEqual([
      fingerprint(deviceId),
      "Ana's phone",
      'ios',
      'operator',
      'operator.read',
      'never',
    ]);
  });

  it('--json is what the gateway answers, all pages of it', async () => {
    const { requestId } = await askToPair(world);
    const id = await pairedDevice(world);
    const { pending, paired } = JSON.parse((await run('devices list --json')).stdout) as Record<
      string,
      Record<string, unknown>[]
    >;

    expect(pending!.map((row) => row['requestId'])).toEqual([requestId]);
    expect(paired!.map((row) => row['id'])).toEqual([id]);
  });

  it("keeps other people's words harmless", async () => {
    await askToPair(world, { displayName: 'x\u001b]0;owned\u0007\u202e\nWaiting (0)', platform: '\u001b[2J' });
    const { stdout } = await run('devices list');

    expect(stdout.replaceAll('\n', '')).not.toMatch(/[\p{Cc}\p{Bidi_Control}]/u);
    expect(stdout.trimEnd().split('\n')).toHaveLength(3);
  });

  it('says how to begin', async () => {
    expect((await run('devices list')).stderr).toContain('doorward devices invite');
  });
});

describe('devices approve', () => {
  it('document 004: as printed, without a terminal and without a question', async () => {
    const { requestId, deviceId } = await askToPair(world);
    const { code, stdout } = await run(`devices approve ${requestId}`);

    expect([code, stdout]).toEqual([0, `Approved ${deviceId} (${requestId})\n`]);
    expect(await statusOf(requestId)).toBe('approved');
  });

  it('shows a person who is asking, and asks', async () => {
    const {
      requestId,
      deviceId,
      code: shown,
    } = await askToPair(world, { scopes: ['operator.admin'], source: '203.0.113.9' });
    const { code, stderr } = await typing(`devices approve ${requestId}`, 'y\n');

    expect(code).toBe(0);
    for (const what of [
      fingerprint(deviceId),
      'a phone, ios',
      shown,
      '203.0.113.9',
      '+operator.admin',
      '+operator\n',
    ]) {
      expect(stderr).toContain(what);
    }
    expect(stderr).toContain('Let it in? [y/N] ');
    expect(await statusOf(requestId)).toBe('approved');
  });

  it.each([['n\n'], ['\n'], [''], ['yesterday\n']])('the answer %j is no', async (typed) => {
    const { requestId } = await askToPair(world);
    const { code, stdout, stderr } = await typing(`devices approve ${requestId}`, typed);

    expect([code, stdout]).toEqual([1, '']);
    expect(stderr).toContain(`doorward devices reject ${requestId}`);
    expect(await statusOf(requestId)).toBe('pending');
  });

  it('a person need not name the only one', async () => {
    const { requestId } = await askToPair(world);

    expect((await typing('devices approve', 'yes\n')).code).toBe(0);
    expect(await statusOf(requestId)).toBe('approved');
  });

  it('several must be told apart', async () => {
    const [older, newer] = [await askToPair(world), await askToPair(world)];

    expect(await typing('devices approve', 'y\n')).toMatchObject({
      code: 2,
      stderr: expect.stringContaining('2 devices are waiting'),
    });
    expect((await run('devices approve --latest')).code).toBe(0);
    expect([await statusOf(older.requestId), await statusOf(newer.requestId)]).toEqual(['pending', 'approved']);
  });

  it('a script names it, or takes the newest', async () => {
    await askToPair(world);

    expect(await run('devices approve')).toMatchObject({ code: 2, stderr: expect.stringContaining('--latest') });
    expect(await run('devices approve x --latest')).toMatchObject({
      code: 2,
      stderr: expect.stringContaining('not both'),
    });
  });

  it('grants less when told to, and asks nobody with --yes', async () => {
    const { requestId } = await askToPair(world, { scopes: ['operator.read', 'operator.admin'] });
    const { stdout } = await run(`devices approve ${requestId} --yes --json --scope operator.read`);

    expect(JSON.parse(stdout)).toMatchObject({ requestId, device: { scopes: ['operator.read'] } });
  });

  it('S088: gives away no more than its credential holds', async () => {
    const { requestId } = await askToPair(world, { scopes: ['operator.admin'] });
    const { code, stderr } = await run(`devices approve ${requestId}`, { token: await holding('operator.pairing') });

    expect(code).toBe(1);
    expect(stderr).toContain('missing scope: operator.admin (missing_scope)');
    expect(await statusOf(requestId)).toBe('pending');
  });

  it('says that a request has gone', async () => {
    const { code, stderr } = await run('devices approve 6d1f0f57-93f1-4f6a-8a35-0f6a1c1b2a77');
    expect([code, stderr]).toEqual([1, expect.stringContaining('they wait five minutes')]);
    expect((await run('devices approve --latest')).stderr).toContain('no devices are waiting');
  });
});

describe('devices reject', () => {
  it('turns away the one that is named, or the newest', async () => {
    const [older, newer] = [await askToPair(world), await askToPair(world)];

    expect((await run('devices reject --latest')).stdout).toBe(`Rejected ${newer.deviceId} (${newer.requestId})\n`);
    expect((await run(`devices reject ${older.requestId} --json`)).code).toBe(0);
    expect([await statusOf(older.requestId), await statusOf(newer.requestId)]).toEqual(['rejected', 'rejected']);
    expect((await run('devices reject')).code).toBe(2);
  });
});

describe('one device', () => {
  it.each([
    ['its id', (id: string) => id],
    ['its fingerprint', fingerprint],
    ['the option of the family', (id: string) => `--device ${id}`],
  ])('is named by %s', async (_, named) => {
    const { id, token } = await world.device();
    await pairedDevice(world);

    expect((await run(`devices rename ${named(id)} --name phone`)).stdout).toBe(`Renamed ${id} to phone\n`);
    expect((await run(`devices rotate ${named(id)}`)).stdout).toContain(
      `Rotated the operator token of ${id}; the device gets`,
    );
    expect((await gateway.get('/api/v1/whoami', bearer(token))).status).toBe(401);
    expect((await run(`devices revoke ${named(id)} --role operator`)).stdout).toBe(
      `Revoked the operator token of ${id}\n`,
    );
    expect((await run(`devices remove ${named(id)}`)).stdout).toBe(`Removed ${id}\n`);
    expect((await run(`devices remove ${id}`)).stderr).toContain('unknown deviceId (not_found)');
  });

  it('is told from another with the same beginning', async () => {
    const ids = ['a', 'b'].map((end) => 'f'.repeat(63) + end);
    for (const deviceId of ids) await pairedDevice(world, { deviceId, publicKey: undefined });
    const { code, stderr } = await run(`devices remove ${'ffff-ffff-ffff-ffff'}`);

    expect(code).toBe(1);
    expect(stderr).toContain('2 devices with the fingerprint');
    for (const id of ids) expect(stderr).toContain(id);
    expect((await run('devices remove 0000-0000')).stderr).toContain('no device with the fingerprint');
    expect((await run('devices remove')).code).toBe(2);
  });

  it('may be called kitchen pi', async () => {
    const deviceId = 'kitchen pi/../2';
    await pairedDevice(world, { deviceId, publicKey: undefined });

    expect((await run(['devices', 'rename', deviceId, 'the kitchen'])).stdout).toBe(
      `Renamed ${deviceId} to the kitchen\n`,
    );
    expect((await run(['devices', 'remove', deviceId, '--json'])).stdout).toContain(JSON.stringify(deviceId));
  });

  it('its new token goes to stdout alone, for an admin who asks for it', async () => {
    const { id, token } = await world.device();
    const { stdout, stderr } = await run(`devices rotate ${id} --deliver --grace 10m`);

    expect(stdout).toMatch(/^dwd_[\w-]{43}\n$/);
    expect(stderr).not.toContain('dwd_');
    for (const value of [stdout.trim(), token])
      expect((await gateway.get('/api/v1/whoami', bearer(value))).status).toBe(200);
    const lesser = await run(`devices rotate ${id} --deliver`, {
      token: await holding('operator.pairing', 'operator.read'),
    });
    expect(lesser.stdout).not.toContain('dwd_');
  });
});

describe('devices invite', () => {
  const tokenOf = (code: string): string =>
    (JSON.parse(Buffer.from(code, 'base64url').toString()) as { bootstrapToken: string }).bootstrapToken;

  it('prints the link and the bare code, a line each, and they let one device in', async () => {
    const { code, stdout, stderr } = await run('devices invite --scopes operator.read --ttl 2m');
    const [link, setupCode, ...rest] = stdout.trimEnd().split('\n');

    expect([code, rest]).toEqual([0, []]);
    expect(link).toBe(`${gateway.url}/#setup=${setupCode}`);
    expect(stderr).toContain('Lets one operator in with operator.read, once, until ');
    expect(stderr).toContain('leads to this machine only; set gateway.publicUrl');
    const { id, publicKey } = new Device();
    const device = { id, publicKey, role: 'operator', source: 'test' } as const;
    expect(await world.get(InvitesService).redeem(tokenOf(setupCode!), device)).toMatchObject({
      scopes: ['operator.read'],
    });
  });

  it('draws a QR code on a screen, and nowhere else', async () => {
    const drawing = /[█▀▄]{10}/;

    expect(await onScreen('devices invite')).toMatch(drawing);
    expect(await onScreen('devices invite --qr code')).toMatch(drawing);
    expect(await onScreen('devices invite --json')).not.toMatch(drawing);
    expect((await run('devices invite')).stdout).not.toMatch(drawing);
  });

  it('takes scopes with commas or blanks', async () => {
    for (const scopes of ['--scopes operator.read,operator.pairing', '--scopes operator.read operator.pairing']) {
      expect(JSON.parse((await run(`devices invite ${scopes} --json`)).stdout)).toMatchObject({
        scopes: ['operator.read', 'operator.pairing'],
        role: 'operator',
      });
    }
  });

  it('says what is wrong', async () => {
    expect(await run('devices invite --ttl 11m')).toMatchObject({ code: 1, stderr: expect.stringContaining('ttl') });
    expect((await run('devices invite --ttl 5')).code).toBe(2);
    expect((await run('devices invite --scopes operator.root')).stderr).toContain('scopes');
    const lesser = await run('devices invite', { token: await holding('operator.pairing') });
    expect(lesser).toMatchObject({
      code: 1,
      stdout: '',
      stderr: expect.stringContaining('missing scope: operator.read'),
    });
  });
});

describe('nodes', () => {
  it('are the devices that ask for the role, and those that have it', async () => {
    const phone = await askToPair(world);
    const node = await askToPair(world, { role: 'node', displayName: 'kitchen' });
    const pending = (await run('nodes pending')).stdout;

    expect(pending).toContain(`${node.requestId}  ${node.code}`);
    expect(pending).not.toContain(phone.requestId);
    expect((await run(`nodes approve ${phone.requestId}`)).stderr).toContain('no such request');
    expect((await run('nodes approve --latest')).stdout).toBe(`Approved ${node.deviceId} (${node.requestId})\n`);
    expect((await run('nodes status')).stdout).toContain(fingerprint(node.deviceId));
    expect(JSON.parse((await run('nodes status --json')).stdout)).toMatchObject([
      { id: node.deviceId, roles: ['node'] },
    ]);
    expect((await run('nodes pending')).stderr).toContain('No nodes are waiting');
  });

  it('are turned away', async () => {
    const { requestId } = await askToPair(world, { role: 'node' });

    expect((await run('nodes reject --latest')).code).toBe(0);
    expect(await statusOf(requestId)).toBe('rejected');
    expect((await run('nodes status')).stderr).toContain('No nodes are paired');
  });
});
