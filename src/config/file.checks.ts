import { type Dirent, readdirSync, statSync } from 'node:fs';
import { dirname, join, sep } from 'node:path';
import { codeOf } from './file-reason.js';
import type { Audited, SecurityFinding } from './security-check.js';

/** A directory of so many files is not looked through to its end. */
const MOST_FILES = 5000;
/** The database keeps its own files, behind the mode of its directory. */
const CLOSED = new Set(['database']);

/** Files and directories of the gateway that others may read or change (S199). */
export function fileModes({ loaded }: Audited): SecurityFinding[] {
  if (process.platform === 'win32') return [];
  const { stateDir, configPath, secrets } = loaded;
  const outside = configPath !== undefined && !configPath.startsWith(stateDir + sep) ? [configPath] : [];
  const hasSecrets = (path: string): boolean => path !== configPath || secrets.plain.length > 0;
  return [
    ...[...walk(stateDir), ...outside].flatMap((path) => modeFinding(path, hasSecrets(path)) ?? []),
    ...[...new Set([stateDir, ...outside].map((path) => dirname(path)))].flatMap((path) => parentFinding(path) ?? []),
  ];
}

function modeFinding(path: string, hasSecrets: boolean): SecurityFinding | undefined {
  const stat = statSync(path, { throwIfNoEntry: false });
  if (!stat) return undefined;
  if (process.getuid && stat.uid !== process.getuid()) return ownerFinding(path, stat.uid);
  const mode = stat.mode & 0o777;
  const isChangeable = (mode & 0o022) !== 0;
  if ((mode & 0o077) === 0 || (!hasSecrets && !isChangeable)) return undefined;
  const to = mode & 0o700;
  return {
    code: isChangeable ? 'file_writable_by_others' : 'file_readable_by_others',
    severity: isChangeable ? 'critical' : 'warn',
    title: `Others on this machine may ${isChangeable ? 'change' : 'read'} what belongs to the gateway alone`,
    evidence: `${path} has mode ${octal(mode)}`,
    remedy: `chmod ${octal(to).slice(1)} '${path}', or doorward security audit --fix`,
    fix: { path, from: mode, to },
  };
}

/** Whoever runs the audit may be another user than the gateway; what is wrong then, they can tell. */
const ownerFinding = (path: string, uid: number): SecurityFinding => ({
  code: 'file_of_another_user',
  severity: 'info',
  title: 'A file of the gateway belongs to another user than the one who looks',
  evidence: `${path} belongs to user ${uid}`,
  remedy: 'run the audit as the user that runs the gateway, or give the file to that user',
});

/** Where anybody may put files, somebody could put another state directory in place of ours. */
function parentFinding(path: string): SecurityFinding | undefined {
  const stat = statSync(path, { throwIfNoEntry: false });
  const isOpen = stat !== undefined && (stat.mode & 0o002) !== 0 && (stat.mode & 0o1000) === 0;
  if (!isOpen) return undefined;
  return {
    code: 'directory_open_to_all',
    severity: 'critical',
    title: 'Anybody on this machine may replace the directory of the gateway',
    evidence: `${path} has mode ${octal(stat.mode & 0o777)}`,
    remedy: `chmod o-w '${path}', or move the state directory`,
  };
}

/** A directory and everything below it, links not followed. */
function walk(root: string): string[] {
  const found = [root];
  for (let i = 0; i < found.length && found.length < MOST_FILES; i += 1) {
    for (const entry of entriesOf(found[i]!)) {
      if (entry.isSymbolicLink()) continue;
      found.push(join(entry.parentPath, entry.name));
    }
  }
  return found;
}

function entriesOf(path: string): Dirent[] {
  if (CLOSED.has(path.split(sep).at(-1)!)) return [];
  try {
    return readdirSync(path, { withFileTypes: true });
  } catch (error) {
    if (['ENOTDIR', 'ENOENT', 'EACCES'].includes(codeOf(error) ?? '')) return [];
    throw error;
  }
}

const octal = (mode: number): string => mode.toString(8).padStart(4, '0');
