import { readFileSync } from 'node:fs';
import { codeOf, reasonOf } from '../../config/file-reason.js';
import { isTree, type Tree } from '../../config/tree.js';
import { finding, type Looked } from '../../secrets/audit/finding.js';
import { isPlainSecret } from '../../secrets/audit/plain-secret.js';

/** Looks for credentials in files that nobody looks after any more, each once; one that is not there is no finding. */
export function leftCredentials(files: readonly string[], message: string): Looked {
  const looked = [...new Set(files)].map((file) => lookAt(file, message));
  return {
    files: looked.flatMap((one) => one.files ?? []),
    findings: looked.flatMap((one) => one.findings ?? []),
    unmeasured: looked.flatMap((one) => one.unmeasured ?? []),
  };
}

function lookAt(file: string, message: string): Looked {
  const entries = entriesOf(file);
  if (entries === undefined) return {};
  if (typeof entries === 'string') return { unmeasured: [{ file, jsonPath: '', reason: entries }] };
  return { files: [file], findings: entries.map((jsonPath) => finding('LEGACY_RESIDUE', { file, jsonPath }, message)) };
}

/** The entries that hold a secret; undefined when there is no such file, and why when it cannot be read. */
function entriesOf(file: string): string[] | string | undefined {
  let tree: unknown;
  try {
    tree = JSON.parse(readFileSync(file, 'utf8').replace(/^\uFEFF/, ''));
  } catch (error) {
    if (codeOf(error) === 'ENOENT') return undefined;
    return codeOf(error) === undefined ? 'it is no JSON' : `it cannot be read: ${reasonOf(error)}`;
  }
  if (!isTree(tree)) return 'it holds no JSON object';
  const { profiles } = tree;
  const [prefix, entries] = isTree(profiles) ? ['profiles.', profiles] : ['', tree];
  return Object.entries(entries).flatMap(([name, entry]) =>
    isTree(entry) && holdsSecret(entry) ? [prefix + name] : [],
  );
}

const FIELDS = ['key', 'apiKey', 'token', 'access', 'refresh'];

const holdsSecret = (entry: Tree): boolean =>
  FIELDS.some((field) => typeof entry[field] === 'string' && isPlainSecret(entry[field]));
