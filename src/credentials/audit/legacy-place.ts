import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { codeOf, reasonOf } from '../../config/file-reason.js';
import { isTree, type Tree } from '../../config/tree.js';
import { finding, type Looked } from '../../secrets/audit/finding.js';
import { isPlainSecret } from '../../secrets/audit/plain-secret.js';
import type { Scene } from '../../secrets/audit/scene.js';
import { LEGACY_FILES } from '../stores/legacy-profiles.js';
import { agentFolders } from './agent-folders.js';

/** The family's cache of credentials from before there were profiles (reference F.1). */
export const LEGACY_CACHE = 'auth.json';

/** Files in which older versions kept credentials. Nobody renews what is in them, and nobody looks after them. */
export function legacyPlace(scene: Scene): Looked {
  const { stateDir } = scene.plan;
  const files = [
    ...Object.values(LEGACY_FILES).map((file) => join(stateDir, file)),
    join(stateDir, 'agent', LEGACY_CACHE),
    ...agentFolders(scene).map(({ folder }) => join(folder, LEGACY_CACHE)),
  ];
  const looked = [...new Set(files)].map(lookAt);
  return {
    files: looked.flatMap((one) => one.files ?? []),
    findings: looked.flatMap((one) => one.findings ?? []),
    unmeasured: looked.flatMap((one) => one.unmeasured ?? []),
  };
}

function lookAt(file: string): Looked {
  const entries = entriesOf(file);
  if (entries === undefined) return {};
  if (typeof entries === 'string') return { unmeasured: [{ file, jsonPath: '', reason: entries }] };
  const message = 'credentials of an older version; take them over (doorward models auth login), then remove the file';
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
