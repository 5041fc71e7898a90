import { randomUUID } from 'node:crypto';
import { readdirSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { Controller, Get, Module } from '@nestjs/common';
import { decodeJwt, decodeProtectedHeader } from 'jose';
import type { Account } from '../../src/accounts/account.js';
import { SigningKeysService } from '../../src/accounts/signing-keys.service.js';
import { UserSessionsService } from '../../src/accounts/user-sessions.service.js';
import { UsersService } from '../../src/accounts/users.service.js';
import { CurrentAccount, SignedIn } from '../../src/auth/account.guard.js';
import { HOUSE_TENANT } from '../../src/kernel/identity.js';
import { bearer, HOUSE_TOKEN, startGateway, type TestGateway } from '../helpers/gateway.js';
import { World } from '../helpers/world.js';

/** A route as the accounts have them. */
@Controller('auth/test')
class AccountController {
  @Get()
  @SignedIn()
  who(@CurrentAccount() account: Account): Account {
    return account;
  }
}

@Module({ controllers: [AccountController] })
class AccountModule {}

let gateway: TestGateway;
let world: World;

beforeAll(async () => {
  gateway = await startGateway({
    config: { gateway: { auth: { token: HOUSE_TOKEN, loopback: 'deny' } } },
    database: 'embedded',
    modules: [AccountModule],
  });
  world = new World(gateway);
});
afterAll(() => gateway.close());
afterEach(() => world.forgive());

const sessions = (): UserSessionsService => world.get(UserSessionsService);

async function signedIn() {
  const user = await world.get(UsersService).findOrCreate(`${randomUUID()}@example.com`, 'member', HOUSE_TENANT);
  const { sessionId, tokens } = await sessions().start(user, { method: 'password', address: '203.0.113.7' });
  return { user, sessionId, ...tokens };
}

const who = (token: string) => gateway.get('/auth/test', bearer(token));

describe('an access token', () => {
  it('is a JWT of RFC 9068, and names who signed in', async () => {
    const { user, sessionId, accessToken, expiresIn } = await signedIn();

    const { keys } = await world.get(SigningKeysService).jwks();
    expect(decodeProtectedHeader(accessToken)).toEqual({ alg: 'ES256', typ: 'at+jwt', kid: keys[0]!.kid });
    const { iat, exp, jti, ...claims } = decodeJwt(accessToken);
    expect(claims).toEqual({
      iss: 'doorward',
      aud: 'doorward',
      sub: user.id,
      tenant_id: HOUSE_TENANT,
      email: user.email,
      role: 'member',
      sid: sessionId,
    });
    expect(jti).toMatch(/^[0-9a-f-]{36}$/);
    expect(exp! - iat!).toBe(900);
    expect(expiresIn).toBe(900);

    const { status, body } = await who(accessToken);
    expect(status).toBe(200);
    expect(body).toMatchObject({ userId: user.id, tenantId: HOUSE_TENANT, sessionId, email: user.email });
  });

  it('is the way into the routes of accounts alone, and nothing else is', async () => {
    const { accessToken, refreshToken } = await signedIn();
    const { token } = await world.person('admin');

    expect((await gateway.get('/api/v1/whoami', bearer(accessToken))).status).toBe(401);
    for (const other of [token, HOUSE_TOKEN, refreshToken, 'no.such.jwt']) {
      expect((await who(other)).body.error.code).toBe('token_mismatch');
    }
    expect((await gateway.get('/auth/test')).body.error.code).toBe('token_missing');
  });

  it('ends by the clock', async () => {
    const { accessToken } = await signedIn();
    expect((await who(accessToken)).status).toBe(200);

    gateway.clock.advance(901_000);

    expect((await who(accessToken)).body.error.code).toBe('token_expired');
  });

  it('ends with its sign-in, its user and its tenant, at once', async () => {
    const ended = await signedIn();
    const suspended = await signedIn();
    expect((await who(ended.accessToken)).status).toBe(200);
    expect((await who(suspended.accessToken)).status).toBe(200);

    await sessions().end(ended.sessionId, ended.user, 'logout');
    await world.change({ kind: 'user', id: suspended.user.id }, `UPDATE users SET status = 'suspended' WHERE id = $1`);

    expect((await who(ended.accessToken)).body.error.code).toBe('token_revoked');
    expect((await who(suspended.accessToken)).body.error.code).toBe('user_suspended');
  });

  it('shows the role that its user has now', async () => {
    const { accessToken, user } = await signedIn();

    await world.change({ kind: 'user', id: user.id }, `UPDATE users SET role = 'viewer' WHERE id = $1`);

    expect((await who(accessToken)).body.role).toBe('viewer');
  });

  it('that is none of ours counts as a wrong credential, and is refused while the address is locked', async () => {
    const { accessToken } = await signedIn();

    for (let i = 0; i < 20; i++) expect((await who(`a.b.${i}`)).status).toBe(401);

    const reply = await who(accessToken);
    expect(reply.status).toBe(429);
    expect(Number(reply.headers['retry-after'])).toBeGreaterThan(0);
  });
});

describe('the keys', () => {
  it('rotate: the new one signs, the old one stays published', async () => {
    const keys = world.get(SigningKeysService);
    const before = await signedIn();

    const { kid } = await keys.rotate('test');
    const after = await signedIn();

    expect(decodeProtectedHeader(after.accessToken).kid).toBe(kid);
    expect((await who(before.accessToken)).status).toBe(200);
    expect((await keys.jwks()).keys.map((key) => key.kid)).toContain(decodeProtectedHeader(before.accessToken).kid);
  });

  it('that are rotated because one was lost end what they signed', async () => {
    const keys = world.get(SigningKeysService);
    const before = await signedIn();
    expect((await who(before.accessToken)).status).toBe(200);

    await keys.rotate('test', { endOld: true });

    expect((await who(before.accessToken)).body.error.code).toBe('token_mismatch');
    expect((await keys.jwks()).keys).toHaveLength(1);
    expect((await who((await signedIn()).accessToken)).status).toBe(200);
  });

  it('rotate by themselves when they are old enough', async () => {
    const before = await signedIn();
    await world.rows(`UPDATE signing_keys SET created_at = created_at - interval '31 days'`);

    const { kid: old } = decodeProtectedHeader(before.accessToken);
    await world.get(SigningKeysService).signer();
    const { kid } = await world.get(SigningKeysService).signer();

    expect(kid).not.toBe(old);
  });

  it('are sealed in the rows, by a key in a file that only its owner reads', async () => {
    const rows = await world.rows<{ private_sealed: string; public_jwk: object }>('SELECT * FROM signing_keys');

    expect(rows.length).toBeGreaterThan(0);
    for (const { private_sealed, public_jwk } of rows) {
      expect(private_sealed).toMatch(/^s1\.[0-9a-f]{16}\.[\w-]+$/);
      expect(Object.keys(public_jwk).sort()).toEqual(['crv', 'kty', 'x', 'y']);
    }
    expect(statSync(join(gateway.stateDir, 'encryption-key')).mode & 0o777).toBe(0o600);
    expect(readdirSync(gateway.stateDir).filter((name) => name.includes('.tmp'))).toEqual([]);
  });
});
