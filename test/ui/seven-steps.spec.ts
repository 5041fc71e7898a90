import type { Page } from 'playwright-core';
import { AuditService } from '../../src/audit/audit.service.js';
import { hasChromium, type Visit } from '../helpers/browser.js';
import { given } from '../helpers/given.js';
import { hasPostgres, type Postgres, startPostgres } from '../helpers/postgres.js';
import { type Frame, JSON_RPC, WsClient } from '../helpers/ws-client.js';
import { House, newToken, OWNER } from './house.js';

/** The way in of document 000, from the page of a browser to the closed socket; each step goes on from the one before. */
given(hasChromium, 'from a sign-in in the browser to a revoked token', () => {
  let postgres: Postgres | undefined;
  let house: House;
  let visitor: Visit;
  let page: Page;
  let token: string;
  let client: WsClient;
  let hello: Frame;

  beforeAll(async () => {
    postgres = hasPostgres ? await startPostgres() : undefined;
    house = await House.open({ database: postgres ? await postgres.database() : 'embedded' });
    visitor = await house.visit();
    ({ page } = visitor);
  }, 120_000);
  afterAll(async () => {
    client?.close();
    await house?.close();
    await postgres?.dispose();
  });

  it('1: a person signs up with the code that the gateway printed, and later signs in', async () => {
    await house.signUpOwner(page);
    await page.getByRole('button', { name: 'Sign out' }).click();
    await page.getByRole('heading', { name: 'Sign in' }).waitFor();
    await house.signIn(page);

    const whoami = page.getByRole('region', { name: 'Signed in as' });
    expect(await whoami.textContent()).toMatch(/Olga Owner\s*owner/);
  });

  it('2: the page has an access token, in its memory, and sends it as a bearer', async () => {
    const asked = page.waitForRequest(/\/auth\/gateway-tokens/);
    await page.getByRole('link', { name: 'Sessions' }).click();
    await page.getByRole('link', { name: 'Gateway tokens' }).click();
    const { authorization } = (await asked).headers();

    const [header, claims] = authorization!.replace('Bearer ', '').split('.').slice(0, 2).map(decoded);
    expect(header).toMatchObject({ typ: 'at+jwt' });
    expect(claims).toMatchObject({ email: OWNER.email, role: 'owner', aud: 'doorward' });
  });

  it('3: it is exchanged for a gateway token of 64 hex characters, shown once, kept as a digest', async () => {
    token = await newToken(page, 'laptop');

    expect(token).toMatch(/^[0-9a-f]{64}$/);
    expect(await page.content()).not.toContain(token);
    expect(await page.evaluate<string>('navigator.clipboard.readText()')).toBe(token);
    expect(JSON.stringify(await house.world.rows('SELECT * FROM gateway_tokens'))).not.toContain(token);
  });

  it('4: a client connects with it', async () => {
    client = await WsClient.open(house.gateway);
    const params = { auth: { token }, client: { name: 'a client', version: '1.0.0' } };
    hello = JSON_RPC.result(await client.ask(JSON_RPC.call(1, 'connect', params)));

    expect(hello).toMatchObject({ type: 'hello-ok', auth: { role: 'operator' } });
  });

  it('5: as that person, in that tenant', async () => {
    const whoami = await house.gateway.get('/api/v1/whoami', { authorization: `Bearer ${token}` });
    const [user] = await house.world.rows<{ id: string; tenant_id: string }>(
      'SELECT id, tenant_id FROM users WHERE email = $1',
      [OWNER.email],
    );

    expect(whoami.body).toMatchObject({ method: 'gateway-token', user: OWNER.email, tenantId: user!.tenant_id });
  });

  it('6: the log and the audit say so, and neither holds the token', async () => {
    const [user] = await house.world.rows<{ id: string; tenant_id: string }>(
      'SELECT id, tenant_id FROM users WHERE email = $1',
      [OWNER.email],
    );
    const events = (): Promise<{ action: string; actor: string; detail: object }[]> =>
      house.world.rows('SELECT action, actor, detail FROM audit_events WHERE tenant_id = $1 ORDER BY seq', [
        user!.tenant_id,
      ]);
    await house.world.get(AuditService).flush();
    await house.world.flushLog();

    const opened = (await events()).find(({ action }) => action === 'connection.opened')!;
    expect(opened.detail).toMatchObject({ method: 'gateway-token', user: OWNER.email, userId: user!.id });
    const actions = (await events()).map(({ action }) => action);
    expect(actions).toEqual(expect.arrayContaining(['user.login', 'user.logout', 'gateway_token.created']));
    const lines = house.gateway.log().filter((line) => JSON.stringify(line).includes(user!.tenant_id));
    expect(lines.map((line) => JSON.stringify(line)).join('\n')).toContain(OWNER.email);
    expect(JSON.stringify([house.gateway.log(), await events()])).not.toContain(token);
  });

  it('7: revoked in the page, it closes the socket at once and is refused from then on', async () => {
    await page.getByRole('button', { name: 'Revoke laptop' }).click();
    const revoked = Date.now();
    await page.getByRole('dialog').getByRole('button', { name: 'Revoke' }).click();
    const closed = await client.closed;
    const after = Date.now() - revoked;

    expect(closed).toMatchObject({ code: 1008, reason: expect.stringMatching(/^unauthorized/) });
    expect(after).toBeLessThan(1000);
    const refused = await house.gateway.get('/api/v1/whoami', { authorization: `Bearer ${token}` });
    expect([refused.status, refused.body.error.code]).toEqual([401, 'token_revoked']);
    await page.getByText('laptop is revoked').waitFor();
    expect(await page.getByRole('button', { name: 'Revoke laptop' }).count()).toBe(0);
  });

  it('and on all that way the page did nothing that it may not', () => {
    expect(visitor.misdeeds).toEqual({ strangers: [], complaints: [], faults: [] });
    // Neither a token nor a JWT, and behind ? nothing but how many to a page.
    const said = visitor.addresses.filter(
      (address) => address.includes(token) || /eyJ|[?#](?!limit=50$)/.test(address),
    );
    expect(said).toEqual([]);
  });
});

given(hasChromium, 'on the gateway’s own machine', () => {
  it('the first account needs no setup code', async () => {
    const house = await House.open({ config: {} });
    const { page } = await house.visit();
    await page.goto('/sign-up');
    await page.getByLabel('Setup code').waitFor();
    await page.getByLabel('E-mail address').fill(OWNER.email);
    await page.getByLabel('Password', { exact: true }).fill(OWNER.password);
    await page.getByRole('button', { name: 'Create account' }).click();
    await page.getByRole('heading', { name: 'Gateway tokens' }).waitFor();
    const whoami = await page.getByRole('region', { name: 'Signed in as' }).textContent();
    await house.close();

    expect(whoami).toMatch(/^olga@example\.com\s*owner · house$/);
  });
});

const decoded = (part: string): unknown => JSON.parse(Buffer.from(part, 'base64url').toString());
