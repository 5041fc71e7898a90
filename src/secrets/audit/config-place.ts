import { mapSecrets } from '../../config/secret-shape.js';
import { isTree, join, type Tree } from '../../config/tree.js';
import { readSecretRef } from '../secret-ref.js';
import { type AuditFinding, finding, type Looked } from './finding.js';
import { holdsCredential, isPlainSecret, isPlainVariable } from './plain-secret.js';
import type { Scene } from './scene.js';
import { isSensitiveName } from './sensitive-name.js';

const MOVE = 'put it where it belongs and write a reference: doorward secrets configure';

/** The config file and what it includes: secrets that stand there themselves, and references. */
export function configPlace(scene: Scene): Looked {
  const { plan, sorted } = scene;
  const fileOf = (path: string): string => plan.fileOf(path) ?? plan.stateDir;
  const spot = (path: string): { file: string; jsonPath: string } => ({ file: fileOf(path), jsonPath: path });
  return {
    files: plan.files,
    findings: [
      ...plainPaths(scene).map((path) =>
        finding('PLAINTEXT_FOUND', spot(path), `a secret stands here itself; ${MOVE}`),
      ),
      ...shadowed(scene),
      ...plan.wrongReferences.map(({ path, message }) => finding('REF_UNRESOLVED', spot(path), message)),
    ],
    references: sorted.active.map(({ path, reference }) => ({ ...spot(path), reference })),
  };
}

function plainPaths({ plan }: Scene): string[] {
  const marked = new Set<string>();
  const paths: string[] = [];
  mapSecrets(plan.tree, plan.shape, (value, keys, confidence) => {
    if (confidence === 'secret' && readSecretRef(value) !== undefined) return { value };
    if (typeof value !== 'string') return undefined;
    const path = keys.join('.');
    marked.add(path);
    if (isPlain(value, keys, confidence === 'hidden')) paths.push(path);
    return undefined;
  });
  const known = new Set(plan.plain);
  const own = paths.filter((path) => known.has(path) || path.startsWith('secrets.providers.'));
  return [...own, ...elsewhere(plan.tree, marked)];
}

/** Of headers and variables, the name says which are secret. */
function isPlain(text: string, keys: readonly string[], isVariable: boolean): boolean {
  if (isVariable) return isPlainVariable(keys.at(-1)!, text);
  const isHeader = keys.at(-2) === 'headers';
  return isPlainSecret(text) && (!isHeader || isSensitiveName(keys.at(-1)!) || /^(bearer|basic)\s/i.test(text));
}

/** What no setting of ours marks: addresses with a password in them, variables of `env`, sections of other programs. */
function elsewhere(tree: Tree, marked: ReadonlySet<string>): string[] {
  const paths: string[] = [];
  const look = (value: unknown, path: string, key: string, isVariable: boolean): void => {
    if (isTree(value)) {
      if (readSecretRef(value) !== undefined) return;
      for (const [name, child] of Object.entries(value)) look(child, join(path, name), name, isVariable);
    } else if (Array.isArray(value)) {
      value.forEach((child, i) => look(child, join(path, String(i)), key, isVariable));
    } else if (typeof value === 'string' && !marked.has(path) && readSecretRef(value) === undefined) {
      const isSecret = isVariable
        ? isPlainVariable(key, value)
        : holdsCredential(value) ||
          (value.length >= 8 && isSensitiveName(key, { strict: true }) && isPlainSecret(value));
      if (isSecret) paths.push(path);
    }
  };
  for (const [section, value] of Object.entries(tree)) look(value, section, section, section === 'env');
  return paths;
}

/** A reference beside a variable that gives the value is never followed (reference A.3). */
function shadowed({ plan, sorted, specs }: Scene): AuditFinding[] {
  return sorted.inactive.flatMap(({ path }) => {
    const env = specs.find((spec) => spec.path === path)?.traits.env;
    const found = env && (plan.environment.find(env) ?? plan.environment.find(`${env}_FILE`));
    if (!found) return [];
    const spot = { file: plan.fileOf(path) ?? plan.stateDir, jsonPath: path };
    const message = `${found.variable} is set, so the reference is not followed; keep one of the two`;
    return [finding('REF_SHADOWED', spot, message)];
  });
}
