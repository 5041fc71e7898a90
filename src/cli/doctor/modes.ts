import { chmodSync, existsSync, statSync } from 'node:fs';
import type { Finding } from './check.js';

const octal = (mode: number): string => (mode & 0o777).toString(8).padStart(4, '0');

/** A finding when others may read or change what is its owner's alone, with the way to put it right; undefined when all is well. */
export function tooOpenFinding(code: string, path: string, state: 'warn' | 'fail'): Finding | undefined {
  if (process.platform === 'win32' || !existsSync(path)) return undefined;
  const stat = statSync(path);
  if ((stat.mode & 0o077) === 0) return undefined;
  const right = stat.isDirectory() ? 0o700 : 0o600;
  return {
    code,
    state,
    evidence: `${path} can be read or changed by others (mode ${octal(stat.mode)})`,
    fix: `chmod ${right.toString(8)} '${path}', or doorward doctor --fix`,
    repair: {
      change: `mode of ${path}: ${octal(stat.mode)} → ${octal(right)}`,
      run: () => chmodSync(path, right),
    },
  };
}
