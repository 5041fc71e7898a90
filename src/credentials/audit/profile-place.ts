import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { unlessBroken } from '../../config/check-rules.js';
import { codeOf, reasonOf } from '../../config/file-reason.js';
import { WrongReference } from '../../config/secret-source.js';
import {
  type AuditFinding,
  finding,
  type FoundReference,
  type Looked,
  type Spot,
} from '../../secrets/audit/finding.js';
import { isPlainSecret } from '../../secrets/audit/plain-secret.js';
import type { Scene } from '../../secrets/audit/scene.js';
import { readSecretRef } from '../../secrets/secret-ref.js';
import { MAIN_AGENT } from '../agent-id.js';
import { ModelsSettings } from '../models.settings.js';
import { BrokenStore } from '../profile-store.js';
import { type Profile, providerId } from '../profile.js';
import { parseProfiles } from '../stores/parse-profiles.js';
import { type AgentFolder, agentFolders, PROFILES_FILE } from './agent-folders.js';

const MOVE = 'put it where it belongs and write a reference: doorward secrets configure';

/** The profiles of all agents, in their files. In the database they are sealed, and only the gateway can read them. */
export function profilePlace(scene: Scene): Looked {
  const store = unlessBroken(() => scene.config.get(ModelsSettings).store) ?? 'file';
  const looked = agentFolders(scene).map((folder) => lookAt(folder, scene, store));
  if (store === 'database') {
    const reason = 'profiles are kept in the database; GET /api/v1/secrets of the gateway shows what they refer to';
    looked.push({ unmeasured: [{ file: 'database', jsonPath: 'profiles', reason }] });
  }
  return {
    files: looked.flatMap((one) => one.files ?? []),
    findings: looked.flatMap((one) => one.findings ?? []),
    references: looked.flatMap((one) => one.references ?? []),
    unmeasured: looked.flatMap((one) => one.unmeasured ?? []),
  };
}

function lookAt({ agent, folder }: AgentFolder, scene: Scene, store: 'file' | 'database'): Looked {
  const file = join(folder, PROFILES_FILE);
  const entries = profilesIn(file);
  if (typeof entries === 'string') return { unmeasured: [{ file, jsonPath: 'profiles', reason: entries }] };
  if (entries === undefined) return {};
  if (store === 'database') return { files: [file], findings: leftBehind(file, entries) };

  const looked = entries.map(([id, profile]) => lookAtProfile(id, profile, file));
  return {
    files: [file],
    findings: [
      ...looked.flatMap((one) => one.findings ?? []),
      ...(agent === MAIN_AGENT ? shadowed(entries, file, scene) : []),
    ],
    references: looked.flatMap((one) => one.references ?? []),
  };
}

type Entries = readonly (readonly [id: string, profile: Profile])[];

/** The profiles of a file; undefined when there is none, and why when they cannot be read. */
function profilesIn(file: string): Entries | string | undefined {
  try {
    return Object.entries(parseProfiles(readFileSync(file, 'utf8'), file).profiles);
  } catch (error) {
    if (codeOf(error) === 'ENOENT') return undefined;
    return error instanceof BrokenStore ? error.message : `it cannot be read: ${reasonOf(error)}`;
  }
}

function lookAtProfile(id: string, profile: Profile, file: string): Looked {
  // A login changes with every refresh: it can stand nowhere else (reference E.5).
  if (profile.type !== 'api_key' && profile.type !== 'token') return refusedReferences(id, profile, file);
  const [field, text, reference] =
    profile.type === 'api_key' ? ['key', profile.key, profile.keyRef] : ['token', profile.token, profile.tokenRef];
  const spot = (name: string): Spot => ({ file, jsonPath: `profiles.${id}.${name}` });
  const findings: AuditFinding[] = [];
  if (typeof text === 'string' && isPlainSecret(text)) {
    const why = reference === undefined ? MOVE : `${field}Ref is used in its place; remove it`;
    findings.push(finding('PLAINTEXT_FOUND', spot(field), `a secret stands here itself; ${why}`));
  }
  if (reference === undefined) return { findings };
  const read = readSecretRef(reference);
  if (read !== undefined && !(read instanceof WrongReference)) {
    return { findings, references: [{ ...spot(`${field}Ref`), reference: read } satisfies FoundReference] };
  }
  const message = read?.message ?? 'is no reference to a secret; write { source, provider, id }';
  return { findings: [...findings, finding('REF_UNRESOLVED', spot(`${field}Ref`), message)] };
}

function refusedReferences(id: string, profile: Profile, file: string): Looked {
  const fields = ['keyRef', 'tokenRef'].filter((field) => (profile as Record<string, unknown>)[field] !== undefined);
  const message = 'a login cannot be a reference, since it changes by itself; remove the reference, or sign in again';
  return {
    findings: fields.map((field) => finding('REF_UNRESOLVED', { file, jsonPath: `profiles.${id}.${field}` }, message)),
  };
}

/** Profiles come before `models.providers.<id>.apiKey`, whose reference is then followed for nothing (reference F.3). */
function shadowed(entries: Entries, file: string, { plan, sorted }: Scene): AuditFinding[] {
  const kept = new Map(entries.map(([id, { provider }]) => [providerId(provider), id]));
  return sorted.active.flatMap(({ keys, path }) => {
    const [models, providers, name, field] = keys;
    if (models !== 'models' || providers !== 'providers' || field !== 'apiKey') return [];
    const id = kept.get(providerId(name!));
    if (id === undefined) return [];
    const spot = { file: plan.fileOf(path) ?? plan.stateDir, jsonPath: path };
    return [finding('REF_SHADOWED', spot, `the profile ${id} in ${file} is used first; keep one of the two`)];
  });
}

/** Whoever moved to the database has forgotten this copy. */
function leftBehind(file: string, entries: Entries): AuditFinding[] {
  const message = 'profiles are kept in the database, and this file still holds secrets; remove it when all is well';
  return entries.some(([, profile]) => holdsSecret(profile))
    ? [finding('LEGACY_RESIDUE', { file, jsonPath: 'profiles' }, message)]
    : [];
}

const holdsSecret = (profile: Profile): boolean =>
  ['key', 'token', 'access', 'refresh'].some((field) => {
    const text = (profile as Record<string, unknown>)[field];
    return typeof text === 'string' && isPlainSecret(text);
  });
