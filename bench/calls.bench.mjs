import { HELLO } from './hello.mjs';
import { alternate, load, medians } from './measure.mjs';

export const title = 'WebSocket: calls';

const SOCKETS = 32;
const CALL = JSON.stringify({ type: 'req', id: '2', method: 'health' });

/** Small calls a second on open sockets, one under way on each. */
export async function run({ rounds, seconds, generator, bareWs, gateway }) {
  const [bare, door] = [await bareWs(), await gateway()];
  const job = { kind: 'calls', sockets: SOCKETS, seconds, hello: HELLO, call: CALL };
  const seen = await alternate(rounds, {
    bare: () => load(generator, bare, job),
    door: () => load(generator, door, job),
  });
  const [b, d] = [medians(seen.bare), medians(seen.door)];
  return [
    {
      name: 'health on an open socket',
      unit: '/s',
      ours: d.rate,
      bare: b.rate,
      cpu: d.cpu,
      bareCpu: b.cpu,
      atLeast: 0.8,
    },
  ];
}
