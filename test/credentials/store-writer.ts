// A process that changes a store of profiles again and again: `store-writer.ts <state directory> <name> <times>`.
import type { StoredProfiles } from '../../src/credentials/profile.js';
import { FileProfileStore } from '../../src/credentials/stores/file.profile-store.js';

const [stateDir, name, times] = process.argv.slice(2) as [string, string, string];
const store = new FileProfileStore(stateDir);

/** Enough text that a write takes a moment, in which it can be interrupted. */
const FILLER = 'x'.repeat(20_000);

function counted(stored: StoredProfiles, index: number): StoredProfiles {
  const sum = ((stored['sum'] as number | undefined) ?? 0) + 1;
  const profile = { type: 'api_key', provider: 'openai', key: `${name}-${index}` } as const;
  return { ...stored, sum, FILLER, profiles: { ...stored.profiles, [`openai:${name}-${index % 100}`]: profile } };
}

process.stdout.write('ready\n');
for (let index = 0; index < Number(times); index += 1) {
  const { sum } = (await store.update('main', (stored) => counted(stored, index))) as { sum?: number };
  process.stdout.write(`${sum}\n`); // acknowledged: it must be there whatever happens now
}
