import { Generator } from './generator.mjs';
import { alternate, load, median, medians } from './measure.mjs';
import { findPostgres, startPostgres } from './postgres.mjs';
import { filledDatabase, gatewayToken, startBare, startGateway } from './servers.mjs';

export const title = 'Accounts';

const PERSON = { email: 'bench@example.com', password: 'Correct-Horse-9-Battery' };

/** The good clients' own pace: what they would do anyway, whoever signs in meanwhile. */
const GOOD = { connections: 8, pace: 1000, awake: false };
const SIGNING_IN = { connections: 4, awake: false };
/** Few enough that none of them has to wait for the limit on how many tokens one person has. */
const EXCHANGING = 8;

/** Exchanges and sign-ins a second, and what others wait while people sign in: on PostgreSQL where there is one. */
export async function run(world) {
  const programs = findPostgres();
  const shared = programs ? await onPostgres(programs, world) : [];
  return [...shared, ...(await measure('embedded', undefined, world)), await measureBare(world)];
}

async function onPostgres(programs, world) {
  const server = await startPostgres(programs);
  try {
    await server.query('create database accounts');
    return await measure('PostgreSQL', server.url('accounts'), world);
  } finally {
    await server.stop();
  }
}

/** How much of the waiting is the machine's: a password takes one of its cores, whoever checks it. */
async function measureBare(world) {
  const bare = await startBare('bare-sign-in');
  const visitors = new Generator();
  try {
    return await whileSigningIn('  a bare server', bare, 'GET / HTTP/1.1\r\nHost: 127.0.0.1', world, visitors);
  } finally {
    visitors.stop();
    await bare.stop();
  }
}

async function measure(database, url, world) {
  const { rounds, seconds, generator, program } = world;
  const more = { DOORWARD_ACCOUNTS_REGISTRATION: 'open', ...(url && { DATABASE_URL: url }) };
  const door = await startGateway(program, await filledDatabase(program, 1, url), more);
  const visitors = new Generator();
  try {
    const jwt = await signUp(door.port);
    const exchange = `POST /auth/gateway-token HTTP/1.1\r\nHost: 127.0.0.1\r\nAuthorization: Bearer ${jwt}\r\nContent-Length: 0`;
    const whoami = `GET /api/v1/whoami HTTP/1.1\r\nHost: 127.0.0.1\r\nAuthorization: Bearer ${gatewayToken(1)}`;
    const job = (head) => ({ kind: 'http', seconds, connections: EXCHANGING, heads: [head], status: 200 });
    const rates = await alternate(rounds, {
      exchanges: () => load(generator, door, job(exchange)),
      checks: () => load(generator, door, job(whoami)),
    });
    const [exchanges, checks] = [medians(rates.exchanges), medians(rates.checks)];
    return [
      {
        name: `${database}: exchange of an access token for a gateway token`,
        unit: '/s',
        ours: exchanges.rate,
        bare: checks.rate,
        beside: 'whoami',
        cpu: exchanges.cpu,
        bareCpu: checks.cpu,
      },
      { ...(await whileSigningIn(database, door, whoami, world, visitors)), atMost: 2 },
    ];
  } finally {
    visitors.stop();
    await door.stop();
  }
}

/** The p99 of good clients while others sign in, beside that of the same clients in peace. */
async function whileSigningIn(name, { port }, head, { rounds, seconds, generator }, visitors) {
  const good = { kind: 'http', port, seconds, ...GOOD, heads: [head], status: 200 };
  const signIn = { ...good, seconds: seconds + 0.5, pace: undefined, ...SIGNING_IN, heads: [signInHead()] };
  let signIns = 0;
  const seen = await alternate(rounds, {
    peace: () => generator.run(good),
    signIns: async () => {
      const signingIn = visitors.run(signIn);
      const outcome = await generator.run(good);
      const { done, seconds: took } = await signingIn;
      signIns = done / took;
      return outcome;
    },
  });
  const p99 = (outcomes) => median(outcomes.map((outcome) => outcome.p99));
  return {
    name: `${name}: p99 of good clients, ${signIns.toFixed(0)} sign-ins a second beside`,
    unit: 'ms',
    ours: p99(seen.signIns),
    bare: p99(seen.peace),
    beside: 'peace',
  };
}

async function signUp(port) {
  const reply = await fetch(`http://127.0.0.1:${port}/auth/register`, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify(PERSON),
  });
  if (reply.status !== 201) throw new Error(`signing up was answered ${reply.status}: ${await reply.text()}`);
  return (await reply.json()).tokens.accessToken;
}

function signInHead() {
  const body = JSON.stringify(PERSON);
  const lines = [
    'POST /auth/login HTTP/1.1',
    'Host: 127.0.0.1',
    'Content-Type: application/json',
    `Content-Length: ${body.length}`,
  ];
  return `${lines.join('\r\n')}\r\n\r\n${body}`;
}
