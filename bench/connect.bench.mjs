import { HELLO } from './hello.mjs';
import { alternate, load, medians } from './measure.mjs';

export const title = 'WebSocket: connect and authenticate';

const PARALLEL = 32;

/** Sockets a second that are opened, show the static token, hear that it is good, and leave. */
export async function run({ rounds, seconds, generator, bareWs, gateway }) {
  const [bare, door] = [await bareWs(), await gateway()];
  const job = { kind: 'connects', parallel: PARALLEL, seconds, hello: HELLO };
  const seen = await alternate(rounds, {
    bare: () => load(generator, bare, job),
    door: () => load(generator, door, job),
  });
  const [b, d] = [medians(seen.bare), medians(seen.door)];
  return [
    {
      name: 'connect with the static token',
      unit: '/s',
      ours: d.rate,
      bare: b.rate,
      cpu: d.cpu,
      bareCpu: b.cpu,
      atLeast: 0.7,
    },
  ];
}
