// Takes the program out of dist before it is compiled anew, so that nothing stays of a source that is gone. The console
// in dist/ui has a build of its own, and stays: a gateway that runs meanwhile goes on serving it.
import { existsSync, readdirSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

const dist = fileURLToPath(new URL('../dist', import.meta.url));

for (const name of existsSync(dist) ? readdirSync(dist) : []) {
  if (name !== 'ui') rmSync(join(dist, name), { recursive: true, force: true });
}
