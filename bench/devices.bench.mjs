import { verifications } from './devices.mjs';
import { HELLO } from './hello.mjs';
import { alternate, load, median, medians } from './measure.mjs';

export const title = 'Devices: signed connects';

const PARALLEL = 32;
const FEW = 100;
const MANY = 100_000;

/** Sockets a second that show a device's signature over their own nonce and its token, among few devices and many. */
export async function run({ rounds, seconds, generator, bareWs, gatewayWithDevices }) {
  const [bare, few, many] = [await bareWs(), await gatewayWithDevices(FEW), await gatewayWithDevices(MANY)];
  const job = { kind: 'connects', parallel: PARALLEL, seconds };
  const seen = await alternate(rounds, {
    bare: () => load(generator, bare, { ...job, hello: HELLO }),
    few: () => load(generator, few, { ...job, devices: FEW }),
    many: () => load(generator, many, { ...job, devices: FEW }),
  });
  const [b, f, m] = [medians(seen.bare), medians(seen.few), medians(seen.many)];
  const verified = median(Array.from({ length: rounds }, () => verifications(seconds / 2)));
  const slower = Math.min(b.rate, verified);
  return [
    {
      name: `connect, signed, among ${MANY.toLocaleString('en')}`,
      unit: '/s',
      ours: m.rate,
      bare: slower,
      cpu: m.cpu,
      bareCpu: b.cpu,
      atLeast: 0.5,
    },
    {
      name: `  beside the same among ${FEW}`,
      unit: '/s',
      ours: m.rate,
      bare: f.rate,
      cpu: m.cpu,
      bareCpu: f.cpu,
      atLeast: 0.9,
    },
    { name: '  bare Ed25519 verification', unit: '/s', ours: verified, bare: b.rate },
  ];
}
