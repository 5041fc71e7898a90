import { setTimeout as sleep } from 'node:timers/promises';
import { HELLO } from './hello.mjs';
import { median } from './measure.mjs';
import { startBare, startGateway } from './servers.mjs';

export const title = 'Memory';

const SOCKETS = 6000;
/** Sockets that come and go before, so that code and pools are there already. */
const WARM = 500;
const SETTLE_MS = 2500;
const ROUNDS = 3;

/** What one idle, authenticated socket adds to the memory of a server that was started for this alone. */
export async function run({ rounds, generator, program }) {
  const start = { bare: () => startBare('bare-ws'), door: () => startGateway(program) };
  const seen = { bare: [], door: [] };
  for (let round = 0; round < Math.min(rounds, ROUNDS); round += 1) {
    const names = Object.keys(start);
    for (const name of round % 2 === 0 ? names : names.toReversed()) {
      seen[name].push(await perSocket(generator, await start[name]()));
    }
  }
  const [ours, bare] = [median(seen.door), median(seen.bare)];
  return [{ name: `an idle connection (of ${SOCKETS})`, unit: 'KiB', ours, bare, atMost: 1.3 }];
}

/** @param {import('./process.mjs').ServerProcess} server */
async function perSocket(generator, server) {
  const job = { kind: 'hold', port: server.port, parallel: 16, hello: HELLO };
  try {
    await generator.run({ ...job, count: WARM });
    await generator.run({ kind: 'release' });
    await sleep(SETTLE_MS);
    const before = server.residentBytes;
    const { errors, first } = await generator.run({ ...job, count: SOCKETS });
    if (errors > 0) throw new Error(`${errors} sockets were not let in: ${first}`);
    await sleep(SETTLE_MS);
    return (server.residentBytes - before) / SOCKETS / 1024;
  } finally {
    await generator.run({ kind: 'release' });
    await server.stop();
  }
}
