import { alternate, load, medians } from './measure.mjs';
import { findPostgres, startPostgres } from './postgres.mjs';
import { filledDatabase, gatewayToken, startGateway } from './servers.mjs';

export const title = 'Token check, by the number of tokens';

const SIZES = [10_000, 100_000, 1_000_000];
const CONNECTIONS = 32;

/** Tokens that are shown in turn, again and again. */
const SHOWN = 1000;
/** Tokens of one round that nobody has shown before, and how long the round is: none is to come twice. */
const NEW = 2000;
const NEW_ROUNDS = 4;
const NEW_SECONDS = 0.2;

const whoami = (n) => `GET /api/v1/whoami HTTP/1.1\r\nHost: 127.0.0.1\r\nAuthorization: Bearer ${gatewayToken(n)}`;

/** `GET /api/v1/whoami` with tokens that are known and with new ones, among ten thousand to a million rows. */
export async function run({ rounds, seconds, generator, program }) {
  const figures = [];
  for (const [database, open] of await databases()) {
    const doors = {};
    for (const size of SIZES) doors[size] = await open({ program, size });
    figures.push(...(await measure(database, doors, { rounds, seconds, generator })));
    for (const door of Object.values(doors)) await door.stop();
  }
  return figures;
}

async function databases() {
  const all = [['embedded', ({ program, size }) => embedded(program, size)]];
  const programs = findPostgres();
  if (!programs) return all;
  const server = await startPostgres(programs);
  let running = SIZES.length;
  const open = async ({ program, size }) => {
    await server.query(`create database tokens_${size}`);
    const url = server.url(`tokens_${size}`);
    const door = await startGateway(program, await filledDatabase(program, size, url), { DATABASE_URL: url });
    const stop = async () => {
      await door.stop();
      if (--running === 0) await server.stop();
    };
    return { door, stop };
  };
  return [...all, ['PostgreSQL', open]];
}

async function embedded(program, size) {
  const door = await startGateway(program, await filledDatabase(program, size));
  return { door, stop: () => door.stop() };
}

async function measure(database, doors, { rounds, seconds, generator }) {
  const job = (heads, more) => ({ kind: 'http', connections: CONNECTIONS, seconds, heads, status: 200, ...more });
  const known = Object.fromEntries(
    SIZES.map((size) => {
      const heads = Array.from({ length: SHOWN }, (_, i) => whoami(1 + i * Math.floor(size / SHOWN)));
      return [size, () => load(generator, doors[size].door, job(heads))];
    }),
  );
  const seen = await alternate(rounds, known);

  const first = Object.fromEntries(SIZES.map((size) => [size, []]));
  for (let round = 0; round < NEW_ROUNDS; round += 1) {
    for (const size of SIZES) {
      const heads = Array.from({ length: NEW }, (_, i) => whoami(newToken(size, round * NEW + i)));
      first[size].push(await load(generator, doors[size].door, job(heads, { seconds: NEW_SECONDS })));
    }
  }
  const least = SIZES[0];
  return SIZES.flatMap((size) => {
    const [again, once] = [medians(seen[size]), medians(first[size].slice(1))];
    const [few, fewOnce] = [medians(seen[least]), medians(first[least].slice(1))];
    const target = size === least ? {} : { atLeast: 0.85 };
    const name = `${database}, ${size.toLocaleString('en')} rows`;
    const line = (what, ours, bare) => ({
      name: `${name}: ${what}`,
      unit: '/s',
      ours: ours.rate,
      bare: bare.rate,
      cpu: ours.cpu,
      bareCpu: bare.cpu,
      ...target,
    });
    return [line('known', again, few), line('seen for the first time', once, fewOnce)];
  });
}

/** The `i`th token of those that are not among the known ones, spread over all rows. */
function newToken(size, i) {
  const step = size / (NEW * NEW_ROUNDS);
  const n = 1 + Math.floor(i * step);
  return n % Math.floor(size / SHOWN) === 1 ? n + 1 : n;
}
