import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { median } from './measure.mjs';
import { startGateway } from './servers.mjs';

export const title = 'Start';

const STARTS = 5;

/** From the start of the process until it takes a connection, with a database that is there already. */
export async function run({ rounds, program, filled }) {
  const stateDir = await filled();
  const [gateway, base] = [[], []];
  for (let round = 0; round < Math.min(rounds, STARTS); round += 1) {
    base.push(await emptyProcess());
    const server = await startGateway(program, stateDir);
    gateway.push(server.readyMs);
    await server.stop();
  }
  const seconds = { name: 'until it listens (beside `node -e 0`)', unit: 's', beside: 'node' };
  return [{ ...seconds, ours: median(gateway) / 1000, bare: median(base) / 1000, mostOurs: 2 }];
}

async function emptyProcess() {
  const startedAt = performance.now();
  await once(spawn(process.execPath, ['-e', '0'], { stdio: 'ignore' }), 'exit');
  return performance.now() - startedAt;
}
