import { bearer, HOUSE_TOKEN, startGateway, type TestGateway } from '../helpers/gateway.js';
import { Mailbox } from '../helpers/mailbox.js';
import { until } from '../helpers/until.js';
import { World } from '../helpers/world.js';
import { type Caller, callerOf, newAddress, PASSWORD } from './people.js';

const USER = { name: 'doorward', password: 'mail-secret-4711' };
const NEXT = 'Another-Horse-8';

let mailbox: Mailbox;
let gateway: TestGateway;
let world: World;
let post: Caller;

async function begin(accounts: object, environment: Record<string, string> = {}): Promise<void> {
  gateway = await startGateway({
    config: {
      gateway: { auth: { token: HOUSE_TOKEN }, publicUrl: 'https://door.example.com' },
      accounts: { registration: 'open', ...accounts },
    },
    environment,
    database: 'embedded',
  });
  world = new World(gateway);
  post = callerOf(gateway, '127.0.0.2', 'door.example.com');
}

async function registered() {
  const email = newAddress();
  const { status, body } = await post('/auth/register', { email, password: PASSWORD });
  expect(status).toBe(201);
  return { email, ...body, ...body.tokens } as {
    email: string;
    user: { id: string };
    tenant: { id: string };
    accessToken: string;
    refreshToken: string;
  };
}

const login = (email: string, password = PASSWORD) => post('/auth/login', { email, password });
const askReset = (email: string) => post('/auth/reset-password/request', { email });
const confirm = (code: string, password = NEXT) => post('/auth/reset-password/confirm', { code, password });
const codes = (): string[] => mailbox.letters.flatMap(({ code }) => code ?? []);
const actions = async (tenantId: string): Promise<string[]> => {
  const rows = await world.rows<{ action: string }>(
    'SELECT action FROM audit_events WHERE tenant_id = $1 ORDER BY seq',
    [tenantId],
  );
  return rows.map(({ action }) => action);
};

describe('with a server of mail', () => {
  beforeAll(async () => {
    mailbox = await Mailbox.open(USER);
    const { name: user, password } = USER;
    const from = 'Doorward <no-reply@door.example.com>';
    await begin({ mail: { host: '127.0.0.1', port: mailbox.port, user, password, from } });
  });
  afterAll(async () => {
    await gateway.close();
    await mailbox.close();
  });
  beforeEach(() => world.forgive());

  it('a letter confirms the address, once', async () => {
    const { email, accessToken, tenant } = await registered();

    const { from, subject, link, code } = await mailbox.to(email);
    expect({ from, subject }).toEqual({ from: 'no-reply@door.example.com', subject: 'Confirm your e-mail address' });
    expect(link).toBe(`https://door.example.com/verify-email#code=${code}`);
    expect((await post('/auth/verify-email', { code })).status).toBe(200);

    expect((await gateway.get('/auth/me', bearer(accessToken))).body.user.emailVerified).toBe(true);
    expect((await post('/auth/verify-email', { code })).body.error.code).toBe('code_invalid');
    expect(await actions(tenant.id)).toContain('user.email_verified');
  });

  it('another one can be asked for, until it is confirmed', async () => {
    const { email } = await registered();
    const first = await mailbox.to(email);
    expect((await post('/auth/resend-verification', { email })).status).toBe(200);
    const second = await mailbox.to(email, 2);
    expect(second.code).not.toBe(first.code);

    expect((await post('/auth/verify-email', { code: second.code })).status).toBe(200);
    expect((await post('/auth/verify-email', { code: first.code })).body.error.code).toBe('code_invalid');
    const asked = await post('/auth/resend-verification', { email });
    expect(asked.body).toEqual((await post('/auth/resend-verification', { email: newAddress() })).body);
  });

  it('a letter sets a new password, once, and ends every sign-in', async () => {
    const { email, accessToken, refreshToken, tenant, user } = await registered();
    await mailbox.to(email);
    const asked = await askReset(email.toUpperCase());
    const { code, link, subject } = await mailbox.to(email, 2);
    expect(subject).toBe('Set a new password');
    expect(link).toBe(`https://door.example.com/reset-password#code=${code}`);

    expect((await confirm(code!, 'weak')).body.error.fields[0].path).toBe('password');
    expect((await confirm(code!)).status).toBe(200);

    expect((await gateway.get('/auth/me', bearer(accessToken))).body.error.code).toBe('token_revoked');
    expect((await post('/auth/refresh', { refreshToken })).body.error.code).toBe('token_revoked');
    expect((await login(email)).status).toBe(401);
    expect((await login(email, NEXT)).body.user.emailVerified).toBe(true);
    expect((await confirm(code!, PASSWORD)).body.error.code).toBe('code_invalid');
    expect((await mailbox.to(email, 3)).subject).toBe('Your password was changed');
    expect(await actions(tenant.id)).toContain('user.password_reset');
    expect(asked.body).toEqual((await askReset(newAddress())).body);
    expect(
      await world.rows('SELECT used_from FROM mail_codes WHERE user_id = $1 AND used_at IS NOT NULL', [user.id]),
    ).toEqual([{ used_from: '127.0.0.2' }]);
  });

  it('a code ends within the hour, by a newer one that was used, and with a suspension', async () => {
    const old = await registered();
    await askReset(old.email);
    const { code } = await mailbox.to(old.email, 2);
    const [row] = await world.rows<{ minutes: number }>(
      `SELECT round(extract(epoch FROM expires_at - created_at) / 60)::int AS minutes FROM mail_codes
        WHERE user_id = $1 AND purpose = 'reset-password'`,
      [old.user.id],
    );
    expect(row!.minutes).toBe(60);
    await world.rows(`UPDATE mail_codes SET expires_at = now() - interval '1 second' WHERE user_id = $1`, [
      old.user.id,
    ]);
    expect((await confirm(code!)).body.error.code).toBe('code_invalid');

    await askReset(old.email);
    const first = (await mailbox.to(old.email, 3)).code!;
    await askReset(old.email);
    const second = (await mailbox.to(old.email, 4)).code!;
    expect((await confirm(second)).status).toBe(200);
    expect((await confirm(first)).body.error.code).toBe('code_invalid');

    const suspended = await registered();
    await askReset(suspended.email);
    const late = (await mailbox.to(suspended.email, 2)).code!;
    await world.rows(`UPDATE users SET status = 'suspended' WHERE id = $1`, [suspended.user.id]);
    expect((await confirm(late)).body.error.code).toBe('code_invalid');
  });

  it('of two that show a code at once one succeeds', async () => {
    const { email } = await registered();
    await askReset(email);
    const { code } = await mailbox.to(email, 2);

    const replies = await Promise.all([confirm(code!, 'First-Horse-1'), confirm(code!, 'Second-Horse-2')]);

    expect(replies.map(({ status }) => status).sort()).toEqual([200, 400]);
    const winner = replies[0]!.status === 200 ? 'First-Horse-1' : 'Second-Horse-2';
    expect((await login(email, winner)).status).toBe(200);
  });

  it('wrong codes count like wrong passwords', async () => {
    for (let i = 0; i < 20; i++) expect((await confirm(`wrong-${i}`)).body.error.code).toBe('code_invalid');
    expect((await confirm('wrong-21')).status).toBe(429);
    expect((await post('/auth/verify-email', { code: 'wrong' })).status).toBe(429);
  });

  it('nobody’s mailbox is filled by others', async () => {
    const { email } = await registered();
    for (let i = 0; i < 8; i++) expect((await askReset(email)).status).toBe(200);
    await askReset(email);
    const someone = await registered();
    await mailbox.to(someone.email);

    // Whatever was asked for before is sent by now, or never.
    await until('five letters', () => mailbox.letters.filter(({ to }) => to === email).length === 6);
    const { n } = (
      await world.rows<{ n: number }>(
        `SELECT count(*)::int AS n FROM mail_codes WHERE email = $1 AND purpose = 'reset-password'`,
        [email],
      )
    )[0]!;
    expect(n).toBe(5);
  });

  it('who is locked out at a new place comes in by a letter', async () => {
    const { email } = await registered();
    for (let i = 0; i < 10; i++) {
      await callerOf(gateway, `127.0.7.${i + 1}`)('/auth/login', { email, password: 'x' });
    }
    const elsewhere = callerOf(gateway, '127.0.7.50');
    expect((await elsewhere('/auth/login', { email, password: PASSWORD })).status).toBe(429);

    await elsewhere('/auth/reset-password/request', { email });
    const { code } = await mailbox.to(email, 2);
    expect((await elsewhere('/auth/reset-password/confirm', { code, password: NEXT })).status).toBe(200);

    expect((await elsewhere('/auth/login', { email, password: NEXT })).status).toBe(200);
  });

  it('is tried again while the server of mail refuses, and no answer waits for it', async () => {
    mailbox.refusal = 'come back later';
    const { email } = await registered();
    const failed = () => gateway.log().filter(({ event, again }) => event === 'mail.failed' && again === true);
    await until('the failure in the log', () => failed().length > 0);
    mailbox.refusal = undefined;

    gateway.clock.advance(5000);

    expect((await mailbox.to(email)).code).toEqual(expect.any(String));
  });

  it('leaves no code and no password in the log', async () => {
    expect(codes().length).toBeGreaterThan(10);
    await world.flushLog();
    const log = JSON.stringify(gateway.log());
    expect(log).not.toContain(USER.password);
    expect(codes().filter((code) => log.includes(code))).toEqual([]);
  });

  it('keeps codes in the rows as digests', async () => {
    const rows = JSON.stringify(await world.rows('SELECT * FROM mail_codes'));
    expect(codes().filter((code) => rows.includes(code))).toEqual([]);
  });
});

describe('by SMTP_URL', () => {
  it('sends as well', async () => {
    mailbox = await Mailbox.open(USER);
    const url = `smtp://${USER.name}:${USER.password}@127.0.0.1:${mailbox.port}`;
    await begin({ mail: { from: 'no-reply@door.example.com' } }, { SMTP_URL: url });
    const { email } = await registered();

    expect((await mailbox.to(email)).code).toEqual(expect.any(String));
    await gateway.close();
    await mailbox.close();
  });
});

describe('without a server of mail', () => {
  it('the operator finds the link in the log, once', async () => {
    await begin({});
    const { email } = await registered();
    await askReset(email);
    const links = () => gateway.log().filter(({ event, to }) => event === 'mail.link' && to === email);
    await until('two links in the log', () => links().length === 2);

    const link = String(links()[1]!['operatorLink']);
    expect(link).toMatch(/^https:\/\/door\.example\.com\/reset-password#code=/);
    expect((await confirm(link.split('=')[1]!)).status).toBe(200);
    await gateway.close();
  });
});
