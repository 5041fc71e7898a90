import { existsSync } from 'node:fs';
import type { Check, Finding } from './check.js';
import { tooOpenFinding } from './modes.js';

/** Whether each agent's profiles can be read, and by nobody else. */
export const stores: Check = ({ local: { files, agents }, statuses }) => {
  if (!files) {
    const evidence = 'the profiles are in the database: ask the gateway (doorward models status)';
    return [{ code: 'profile_store', state: 'unmeasured', evidence }];
  }
  return [...agents.keys()].flatMap((agent): Finding[] => {
    const path = files.describe(agent);
    const status = statuses.get(agent);
    if (status instanceof Error) {
      const fix = 'mend the file, or move it away and sign in again';
      return [{ code: 'profile_store_broken', state: 'fail', evidence: status.message, fix }];
    }
    const open = tooOpenFinding('profile_store_open', path, 'fail');
    if (open) return [open];
    return [{ code: 'profile_store', state: 'ok', evidence: existsSync(path) ? path : `${path} is not there yet` }];
  });
};
