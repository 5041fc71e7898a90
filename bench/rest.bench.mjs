import { alternate, load, medians } from './measure.mjs';
import { gatewayToken, TOKEN, TOKENS } from './servers.mjs';

export const title = 'REST';

const CONNECTIONS = 32;
const BLOCKED = '127.0.0.3';

/** So many different tokens are shown in turn: each is looked up once, and known from then on. */
const SHOWN = 1000;

const head = (path, token) => {
  const lines = [`GET ${path} HTTP/1.1`, 'Host: 127.0.0.1'];
  return [...lines, ...(token === undefined ? [] : [`Authorization: Bearer ${token}`])].join('\r\n');
};

const whoami = (token) => head('/api/v1/whoami', token);

/** Guarded requests a second: let in and refused. */
export async function run({ rounds, seconds, generator, bareHttp, gateway }) {
  const [bare, door] = [await bareHttp(), await gateway()];
  const job = (heads, status, from) => ({ kind: 'http', connections: CONNECTIONS, seconds, heads, status, from });
  const rows = Array.from({ length: SHOWN }, (_, i) => whoami(gatewayToken(1 + i * Math.floor(TOKENS / SHOWN))));
  const fresh = freshTokens();

  const seen = await alternate(rounds, {
    bare: () => load(generator, bare, job([head('/', TOKEN)], 200)),
    guarded: () => load(generator, bare, job([head('/guarded', TOKEN)], 200)),
    health: () => load(generator, door, job([head('/health')], 200)),
    token: () => load(generator, door, job([whoami(TOKEN)], 200)),
    row: () => load(generator, door, job(rows, 200)),
    absent: () => load(generator, door, job([whoami()], 401)),
    blocked: async () => {
      await generator.run({ ...job([whoami('wrong')], 401, BLOCKED), connections: 1, seconds: 0.2, port: door.port });
      return load(generator, door, job([whoami('wrong')], 429, BLOCKED));
    },
  });
  const { bare: b, ...rest } = Object.fromEntries(Object.entries(seen).map(([name, all]) => [name, medians(all)]));
  const cold = await load(generator, door, { ...job(fresh, 200), seconds: 1 });

  const against = (name, result, target) => ({
    name,
    unit: '/s',
    ours: result.rate,
    bare: b.rate,
    cpu: result.cpu,
    bareCpu: b.cpu,
    ...target,
  });
  return [
    against('whoami with the static token', rest.token, { atLeast: 0.6 }),
    against('whoami with a gateway token (of 100,000)', rest.row, {}),
    {
      ...against('  beside the static token', rest.row, { atLeast: 0.9 }),
      bare: rest.token.rate,
      bareCpu: rest.token.cpu,
    },
    { ...against('  each seen for the first time', cold, {}) },
    against('health (public)', rest.health, {}),
    against('refused: no credential (401)', rest.absent, {}),
    against('refused: locked address (429)', rest.blocked, {}),
    against('a bare server that compares a token', rest.guarded, {}),
  ];
}

/** Tokens that no other case shows. */
function freshTokens() {
  const step = Math.floor(TOKENS / SHOWN);
  return Array.from({ length: TOKENS }, (_, i) => i + 1)
    .filter((n) => n % step !== 1)
    .map((n) => whoami(gatewayToken(n)));
}
