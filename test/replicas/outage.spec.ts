import { built } from '../helpers/cli.js';
import { bearer, HOUSE_TOKEN } from '../helpers/gateway.js';
import { given } from '../helpers/given.js';
import { knock, Visitor } from '../helpers/knock.js';
import { freePort, hasPostgres, type Postgres, startPostgres } from '../helpers/postgres.js';
import { Replica } from '../helpers/replica.js';
import { until } from '../helpers/until.js';

const ENV = { DOORWARD_GATEWAY_TOKEN: HOUSE_TOKEN, DOORWARD_GATEWAY_AUTH_LOOPBACK: 'deny' };
const house = bearer(HOUSE_TOKEN);
const started: Replica[] = [];

beforeAll(built);
afterAll(async () => {
  await Promise.all(started.map((replica) => replica.end()));
  await Promise.all(started.map(({ home }) => home.remove()));
});

async function start(url: string): Promise<Replica> {
  const replica = await Replica.start({ env: { ...ENV, DATABASE_URL: url } });
  started.push(replica);
  return replica;
}

/** Asks again and again, several at a time, until it is told to stop; counts the answers. */
class Load {
  readonly answers = new Map<string, number>();
  private readonly workers: Promise<void>[];
  private over = false;

  constructor(
    private readonly gateway: Replica,
    private readonly secret: string,
    atOnce = 1,
  ) {
    this.workers = Array.from({ length: atOnce }, () => this.work());
  }

  /** What came back since the last time: `200`, or `503 auth_unavailable`. */
  take(): string[] {
    const seen = [...this.answers.keys()].toSorted();
    this.answers.clear();
    return seen;
  }

  async stop(): Promise<void> {
    this.over = true;
    await Promise.all(this.workers);
  }

  private async work(): Promise<void> {
    while (!this.over) {
      const { status, body } = await this.gateway.get('/api/v1/whoami', bearer(this.secret));
      const answer = status === 200 ? '200' : `${status} ${body.error.code}`;
      this.answers.set(answer, (this.answers.get(answer) ?? 0) + 1);
    }
  }
}

const failing = async (gateway: Replica): Promise<string[]> => {
  const { body } = await gateway.get('/ready', house);
  return (body.failing as { part: string }[]).map(({ part }) => part);
};

const messages = (gateway: Replica): unknown[] => gateway.log().map(({ msg }) => msg);

it('a database that is not there at the start keeps nobody out who needs none', async () => {
  const gateway = await start(`postgres://doorward:canary-password@127.0.0.1:${await freePort()}/doorward`);

  expect(await knock(gateway, 'REST', { token: HOUSE_TOKEN })).toMatchObject({ outcome: 'token' });
  expect(await knock(gateway, 'native', { token: HOUSE_TOKEN })).toMatchObject({ outcome: 'token' });
  expect(await knock(gateway, 'REST', { token: '0'.repeat(64) })).toMatchObject({
    status: 503,
    outcome: 'auth_unavailable',
  });
  expect((await gateway.get('/health')).status).toBe(200);
  expect(await gateway.get('/ready')).toMatchObject({ status: 503, body: { ready: false } });
  expect(await failing(gateway)).toEqual(['database']);
  expect(messages(gateway)).not.toContain('gateway: database initialized');
  expect(JSON.stringify(gateway.log()) + gateway.running.stdout + gateway.running.stderr).not.toContain('canary');
});

given(hasPostgres, 'a PostgreSQL that is stopped and started again, under load', () => {
  let postgres: Postgres;
  let url: string;
  let gateway: Replica;
  let late: Replica;
  let token: string;
  let visitor: Visitor;
  let statics: Load;
  let tokens: Load;

  beforeAll(async () => {
    postgres = await startPostgres();
    url = await postgres.database();
    gateway = await start(url);
    const { body } = await gateway.call('/api/v1/tokens', { method: 'POST', headers: house, body: {} });
    token = body.token;
    visitor = new Visitor(gateway.port, 'native', { token });
    await visitor.outcome;
    statics = new Load(gateway, HOUSE_TOKEN);
    tokens = new Load(gateway, token);
  });
  afterAll(async () => {
    visitor.leave();
    await Promise.all([statics.stop(), tokens.stop()]);
    await Promise.all([gateway.end(), late.end()]);
    await postgres.dispose();
  });

  it('both kinds of token are good before', async () => {
    await until('both loads to be answered', () => statics.answers.size > 0 && tokens.answers.size > 0);
    expect(await failing(gateway)).toEqual([]);
  });

  it('while it is away, gateway tokens are 503 and never 401, and the static token never notices', async () => {
    await postgres.stop();
    await until('the first 503', () => tokens.answers.has('503 auth_unavailable'));
    expect(tokens.take()).toEqual(['200', '503 auth_unavailable']);

    await until('a hundred more answers of each', () => [tokens, statics].every(({ answers }) => total(answers) > 100));
    expect(tokens.take()).toEqual(['503 auth_unavailable']);
    expect(statics.take()).toEqual(['200']);
  });

  it('/ready says which part fails, to those who are known', async () => {
    expect(await gateway.get('/ready')).toMatchObject({ status: 503, body: { ready: false } });
    expect((await gateway.get('/ready')).body).toEqual({ ready: false });
    expect(await failing(gateway)).toEqual(['database']);
    expect((await gateway.get('/api/v1/status', house)).body).toMatchObject({ ready: false });
  });

  it('a gateway that starts meanwhile serves the static token', async () => {
    late = await start(url);

    expect(await knock(late, 'REST', { token: HOUSE_TOKEN })).toMatchObject({ outcome: 'token' });
    expect(await knock(late, 'REST', { token })).toMatchObject({ status: 503 });
    expect(messages(late)).not.toContain('gateway: database initialized');
  });

  it('when it is back, all is well again without a restart', async () => {
    await postgres.restart();
    await until('gateway tokens to be good again', () => tokens.answers.has('200'));
    expect(tokens.take()).toEqual(['200', '503 auth_unavailable']);

    await until('a hundred more answers', () => total(tokens.answers) > 100);
    expect(tokens.take()).toEqual(['200']);
    expect(statics.take()).toEqual(['200']);
    expect(await failing(gateway)).toEqual([]);
    expect((await gateway.get('/ready')).status).toBe(200);
    expect(messages(gateway).filter((message) => message === 'gateway: database initialized')).toHaveLength(1);
    await gateway.logged('database: answers again');
  });

  it('the one that started without it now says that it is initialized, and knows the token', async () => {
    await late.logged('gateway: database initialized');

    expect(await knock(late, 'REST', { token })).toMatchObject({ outcome: 'gateway-token' });
    expect(await failing(late)).toEqual([]);
  });

  it('open sockets have lived on, and go within a second when their token is revoked now', async () => {
    expect(visitor.isOpen).toBe(true);
    const [row] = await postgres.query('SELECT id FROM gateway_tokens', url);
    const { status } = await late.call(`/api/v1/tokens/${String(row!['id'])}`, { method: 'DELETE', headers: house });
    const answered = performance.now();
    expect(status).toBe(204);

    expect((await visitor.closed).at - answered).toBeLessThan(1000);
    await until('the refusal', () => tokens.answers.has('401 token_revoked'));
  });

  it('what was revoked while the notices were cut is refused and closed as soon as they are back', async () => {
    const { body } = await gateway.call('/api/v1/tokens', { method: 'POST', headers: house, body: {} });
    const other = new Visitor(gateway.port, 'JSON-RPC', { token: body.token });
    expect(await other.outcome).toMatchObject({ status: 'open' });

    // One statement: the channel breaks first, and the notice of the change finds nobody listening.
    await postgres.query(
      `SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE application_name = 'doorward notices';
       UPDATE gateway_tokens SET revoked_at = now() WHERE id = '${body.id}'`,
      url,
    );

    expect(await other.closed).toMatchObject({ code: 1008 });
    expect(await knock(gateway, 'REST', { token: body.token })).toMatchObject({ outcome: 'token_revoked' });
  });
});

const total = (answers: ReadonlyMap<string, number>): number => [...answers.values()].reduce((sum, n) => sum + n, 0);
