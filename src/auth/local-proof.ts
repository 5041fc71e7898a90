import { randomBytes } from 'node:crypto';
import { closeSync, openSync, readFileSync, writeSync } from 'node:fs';
import { join } from 'node:path';

/** What a local caller shows under `gateway.auth.loopback: "proof"`: the content of a file that only its owner reads. */
export class LocalProof {
  static readonly HEADER = 'x-doorward-local-proof';
  static readonly FILE = 'local-proof';

  constructor(readonly value: string) {}

  /** The proof of this state directory, made (0600) where there is none yet: several gateways may share it. */
  static in(stateDir: string): LocalProof {
    const path = join(stateDir, LocalProof.FILE);
    try {
      const file = openSync(path, 'wx', 0o600);
      writeSync(file, randomBytes(32).toString('hex'));
      closeSync(file);
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== 'EEXIST') throw error;
    }
    return new LocalProof(readFileSync(path, 'utf8').trim());
  }
}
