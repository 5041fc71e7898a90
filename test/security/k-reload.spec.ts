import { writeFileSync } from 'node:fs';
import { built } from '../helpers/cli.js';
import { bearer } from '../helpers/gateway.js';
import { DOORS, knock, Visitor } from '../helpers/knock.js';
import { Replica } from '../helpers/replica.js';
import { Vault } from '../secrets/vault.js';

const T1 = 'canary-first-token-of-the-house';
const T2 = 'canary-second-token-of-the-house';
const SOURCES = ['file', 'exec', 'env'] as const;

let vault: Vault;
let gateway: Replica;

const REFERENCES = {
  file: { source: 'file', provider: 'kept', id: '/house' },
  exec: { source: 'exec', provider: 'keeper', id: 'house' },
  env: '${HOUSE_KEY}',
};

const config = (token: unknown, auth: object = {}): Record<string, unknown> => ({
  database: { mode: 'none' },
  gateway: { reload: { mode: 'off' }, auth: { loopback: 'deny', token, rateLimit: { maxAttempts: 1000 }, ...auth } },
  secrets: {
    providers: {
      kept: { source: 'file', path: vault.path('kept.json') },
      keeper: { source: 'exec', command: vault.path('keeper') },
    },
  },
});

/** Another value in the place where the secret is kept; nothing of the gateway is touched. */
function rotate(token: string): void {
  vault.file('kept.json', { house: token });
  vault.file('keeper.json', { house: token });
  writeFileSync(`${gateway.home.stateDir}/.env`, `HOUSE_KEY=${token}\n`, { mode: 0o600 });
}

const reloadSecrets = (token: string) =>
  gateway.call('/api/v1/secrets/reload', { method: 'POST', headers: bearer(token) });

beforeAll(built);
beforeAll(async () => {
  vault = new Vault();
  vault.file('kept.json', { house: T1 });
  vault.keeper('keeper', { house: T1 });
  gateway = await Replica.start({ config: config(REFERENCES.file) });
});
afterAll(async () => {
  await gateway.end();
  await gateway.home.remove();
  vault.remove();
});

describe.each(SOURCES)('a token that is kept in %s', (source) => {
  beforeEach(async () => {
    rotate(T1);
    expect(await gateway.reload(config(REFERENCES[source]))).toMatchObject({ msg: 'config: reloaded' });
  });

  it('S144, S147: is another one from `secrets reload` on: the old one is refused everywhere, its sockets are closed', async () => {
    const visitors = (['JSON-RPC', 'native'] as const).map(
      (dialect) => new Visitor(gateway.port, dialect, { token: T1 }),
    );
    for (const visitor of visitors) expect(await visitor.outcome).toMatchObject({ status: 'open' });
    rotate(T2);
    for (const door of DOORS) expect(await knock(gateway, door, { token: T1 })).toMatchObject({ outcome: 'token' });

    const { status, text } = await reloadSecrets(T1);
    expect(status).toBe(200);
    expect(text).not.toContain('canary');
    for (const { closed } of visitors) {
      expect(await closed).toMatchObject({ code: 1008, reason: expect.stringMatching(/^unauthorized/) });
    }
    for (const door of DOORS) {
      expect(await knock(gateway, door, { token: T1 })).toMatchObject({ outcome: 'token_mismatch' });
      expect(await knock(gateway, door, { token: T2 })).toMatchObject({ outcome: 'token' });
    }
  });
});

it('S145: a mode is the next one’s alone, with the secret of that mode', async () => {
  rotate(T1);
  await gateway.reload(config(REFERENCES.exec));
  const visitor = new Visitor(gateway.port, 'JSON-RPC', { token: T1 });
  expect(await visitor.outcome).toMatchObject({ status: 'open' });

  vault.file('kept.json', { house: T2 });
  await gateway.reload(config(REFERENCES.exec, { mode: 'password', password: REFERENCES.file }));
  expect(await visitor.closed).toMatchObject({ code: 1008 });
  for (const door of DOORS) {
    expect(await knock(gateway, door, { token: T1 })).toMatchObject({ outcome: 'password_mismatch' });
    expect(await knock(gateway, door, { password: T2 })).toMatchObject({ outcome: 'password' });
  }
});

// prettier-ignore
it.each([
  ['an unknown source',     { source: 'vault', provider: 'kept', id: 'x' }],
  ['an unknown provider',   { source: 'exec', provider: 'nobody', id: 'x' }],
  ['an unknown id',         { source: 'file', provider: 'kept', id: '/nobody' }],
  ['a variable not set',    '${NOBODY_SET_THIS}'],
])('S153: a reload to %s is refused, and what was stays', async (_, token) => {
  rotate(T1);
  await gateway.reload(config(REFERENCES.file));
  expect(await gateway.reload(config(token))).toMatchObject({ msg: 'config: reload refused, the old one stays' });
  for (const door of DOORS) expect(await knock(gateway, door, { token: T1 })).toMatchObject({ outcome: 'token' });
});

it('S151: under a mix of both tokens, 20 rotations are 20 rotations: nobody comes in with what is not valid, nothing fails', async () => {
  rotate(T1);
  await gateway.reload(config(REFERENCES.file, { rateLimit: { maxAttempts: 1000, windowMs: 1000, lockoutMs: 1000 } }));
  const outcomes = new Map<string, number>();
  const durations: number[] = [];
  const over = new AbortController();
  let current = T1;
  let between = false;
  const asking = [T1, T2].map(async (token) => {
    while (!over.signal.aborted) {
      const [before, wasBetween] = [current, between];
      const begun = performance.now();
      const { outcome } = await knock(gateway, 'REST', { token });
      durations.push(performance.now() - begun);
      const isSure = !wasBetween && !between && before === current;
      const key = `${outcome}${isSure ? (token === before ? ', valid' : ', not valid') : ', in between'}`;
      outcomes.set(key, (outcomes.get(key) ?? 0) + 1);
    }
  });
  for (let i = 0; i < 20; i += 1) {
    const next = current === T1 ? T2 : T1;
    between = true;
    vault.file('kept.json', { house: next });
    expect((await reloadSecrets(current)).status).toBe(200);
    current = next;
    between = false;
    await knock(gateway, 'REST', { token: current });
  }
  over.abort();
  await Promise.all(asking);

  const kinds = [...outcomes.keys()].filter((kind) => !kind.startsWith('rate_limited'));
  expect(kinds.filter((kind) => !/^(token|token_mismatch), /.test(kind))).toEqual([]);
  expect(kinds).not.toContain('token, not valid');
  expect(kinds).not.toContain('token_mismatch, valid');
  expect(durations.toSorted((a, b) => a - b)[Math.floor(durations.length * 0.99)]).toBeLessThan(1000);
});
