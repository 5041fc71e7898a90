import { randomBytes, randomUUID } from 'node:crypto';
import { AccountsUpkeep } from '../../src/accounts/upkeep/accounts-upkeep.js';
import { HOUSE_TENANT } from '../../src/kernel/identity.js';
import { SILENT_LOG } from '../../src/kernel/log.js';
import type { Database } from '../../src/storage/database.js';
import { TestClock } from '../helpers/clock.js';
import { until } from '../helpers/until.js';
import { closeAll, disposeServer, ENGINES, openEngine } from '../storage/open.js';

afterAll(async () => {
  await closeAll();
  await disposeServer();
});

const DAY = 24;
const digest = (): string => randomBytes(32).toString('hex');

describe.each(ENGINES)('in %s', (engine) => {
  let database: Database;
  let userId: string;
  let clock: TestClock;
  let upkeep: AccountsUpkeep;

  beforeAll(async () => {
    database = await openEngine(engine);
  });
  beforeEach(async () => {
    await database.query('DELETE FROM users');
    await database.query('DELETE FROM user_invitations');
    await database.query('DELETE FROM oauth_device_codes');
    await database.query('DELETE FROM oidc_sign_ins');
    await database.query('DELETE FROM pairing_requests');
    userId = randomUUID();
    await database.query(`INSERT INTO users (id, tenant_id, email, role) VALUES ($1, $2, $3, 'member')`, [
      userId,
      HOUSE_TENANT,
      `${userId}@example.com`,
    ]);
    clock = new TestClock();
    upkeep = new AccountsUpkeep(database, clock, SILENT_LOG);
  });

  const hoursAgo = (hours: number): string => `now() - interval '${hours} hours'`;
  const add = (table: string, row: Readonly<Record<string, string>>): Promise<unknown> =>
    database.query(`INSERT INTO ${table} (${Object.keys(row).join()}) VALUES (${Object.values(row).join()})`);
  const count = async (table: string): Promise<number> =>
    (await database.query<{ n: number }>(`SELECT count(*)::int AS n FROM ${table}`))[0]!.n;
  const quoted = (text: string): string => `'${text}'`;
  const mine = () => ({ tenant_id: quoted(HOUSE_TENANT), user_id: quoted(userId) });
  const session = async (): Promise<string> => {
    const id = randomUUID();
    await add('user_sessions', { ...mine(), id: quoted(id), expires_at: hoursAgo(-1) });
    return id;
  };

  type Made = (ended: string) => Promise<unknown>;
  const token = (more: object) => add('gateway_tokens', { ...mine(), token_digest: quoted(digest()), ...more });
  const request = (status: string, at: string, more = {}) =>
    add('pairing_requests', {
      tenant_id: quoted(HOUSE_TENANT),
      device_id: quoted(digest()),
      role: quoted('operator'),
      status: quoted(status),
      expires_at: at,
      ...more,
    });
  // prettier-ignore
  const rows: [string, string, number, Made][] = [
    // what is ended for so many hours is there, a day longer and it is gone
    ['gateway_tokens',     'expired',  30 * DAY, (at) => token({ expires_at: at })],
    ['gateway_tokens',     'revoked',  30 * DAY, (at) => token({ revoked_at: at, expires_at: hoursAgo(-9999) })],
    ['user_sessions',      'expired',  30 * DAY, (at) => add('user_sessions', { ...mine(), expires_at: at })],
    ['user_sessions',      'ended',    30 * DAY, (at) => add('user_sessions', { ...mine(), revoked_at: at, expires_at: hoursAgo(-9999) })],
    ['refresh_tokens',     'expired',   7 * DAY, async (at) => add('refresh_tokens', { tenant_id: quoted(HOUSE_TENANT), token_digest: quoted(digest()), session_id: quoted(await session()), expires_at: at })],
    ['user_invitations',   'expired',  30 * DAY, (at) => add('user_invitations', { tenant_id: quoted(HOUSE_TENANT), email: quoted(`${digest()}@example.com`), role: quoted('member'), code_digest: quoted(digest()), invited_by: quoted('x'), expires_at: at })],
    ['mail_codes',         'expired',  90 * DAY, (at) => add('mail_codes', { ...mine(), purpose: quoted('reset-password'), email: quoted('a@example.com'), code_digest: quoted(digest()), expires_at: at })],
    ['oauth_device_codes', 'expired',         1, (at) => add('oauth_device_codes', { device_digest: quoted(digest()), user_code_digest: quoted(digest()), client_id: quoted('x'), address: quoted('x'), interval_s: '5', expires_at: at })],
    ['oidc_sign_ins',      'expired',         1, (at) => add('oidc_sign_ins', { state_digest: quoted(digest()), browser_digest: quoted(digest()), provider: quoted('x'), redirect_uri: quoted('x'), source: quoted('x'), expires_at: at })],
    ['pairing_requests',   'decided',  30 * DAY, (at) => request('approved', at, { decided_at: at })],
    ['pairing_requests',   'expired',  30 * DAY, (at) => request('pending', at)],
  ];

  it.each(rows)('%s that are %s are kept for %i hours', async (table, _how, hours, make) => {
    await make(hoursAgo(hours - 0.5));
    await make(hoursAgo(-2));
    expect([await upkeep.round(), await count(table)]).toEqual([0, 2]);

    await make(hoursAgo(hours + 0.5));
    expect([await upkeep.round(), await count(table)]).toEqual([1, 2]);
  });

  it('what is good stays, and so does the audit', async () => {
    const before = await count('audit_events');
    const live = await session();
    await token({ expires_at: hoursAgo(-1), session_id: quoted(live) });
    expect([await upkeep.round(), await count('gateway_tokens'), await count('user_sessions')]).toEqual([0, 1, 1]);
    expect(await count('audit_events')).toBe(before);
  });

  it('many go in one round, a few in each transaction', async () => {
    await database.query(
      `INSERT INTO gateway_tokens (tenant_id, user_id, token_digest, expires_at)
       SELECT $1, $2, md5(n::text) || md5('x' || n), ${hoursAgo(31 * DAY)} FROM generate_series(1, 1234) n`,
      [HOUSE_TENANT, userId],
    );
    expect([await upkeep.round(), await count('gateway_tokens')]).toEqual([1234, 0]);
  });

  it('every hour by itself, until it is stopped', async () => {
    upkeep.onModuleInit();
    for (const _round of [1, 2]) {
      await token({ expires_at: hoursAgo(31 * DAY) });
      clock.advance(60 * 60_000 - 1);
      expect(await count('gateway_tokens')).toBe(1);
      clock.advance(1);
      await until('the round', async () => (await count('gateway_tokens')) === 0 && clock.pending === 1);
    }
    upkeep.onModuleDestroy();
    expect(clock.pending).toBe(0);
  });

  // The embedded database has one session: whoever else holds the lock there is waited for, not met.
  if (engine === 'postgres') {
    it('one gateway at a time', async () => {
      await token({ expires_at: hoursAgo(31 * DAY) });
      await database.transaction(async (other) => {
        await other.query(`SELECT pg_advisory_xact_lock(hashtextextended('accounts:upkeep', 0))`);
        expect([await upkeep.round(), await count('gateway_tokens')]).toEqual([0, 1]);
      });
      expect(await upkeep.round()).toBe(1);
    });

    it('without what somebody works with just now', async () => {
      await token({ expires_at: hoursAgo(31 * DAY) });
      await database.transaction(async (other) => {
        await other.query(`SELECT id FROM gateway_tokens FOR UPDATE`);
        expect(await upkeep.round()).toBe(0);
      });
      expect(await upkeep.round()).toBe(1);
    });
  }
});
