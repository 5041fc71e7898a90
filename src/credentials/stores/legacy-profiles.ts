import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { BrokenStore } from '../profile-store.js';
import { NO_PROFILES, type Profile, profileId, providerId, type StoredProfiles } from '../profile.js';
import { parseProfiles } from './parse-profiles.js';

/** Where the family kept the credentials of the one agent there was, relative to the state directory (reference F.1). */
export const LEGACY_FILES = {
  profiles: join('agent', 'auth-profiles.json'),
  logins: join('credentials', 'oauth.json'),
} as const;

/** What older versions have left for the main agent; it is read there until something is written, and never changed. */
export function readLegacyProfiles(stateDir: string): StoredProfiles {
  const path = join(stateDir, LEGACY_FILES.profiles);
  const text = textOf(path);
  const stored = text === undefined ? NO_PROFILES : parseProfiles(text, path);
  const logins = importedLogins(join(stateDir, LEGACY_FILES.logins));
  return { ...stored, profiles: { ...logins, ...stored.profiles } };
}

/** `oauth.json`: one login for each provider, by the provider's name. */
function importedLogins(path: string): Record<string, Profile> {
  const text = textOf(path);
  if (text === undefined) return {};
  const entries = Object.entries(treeOf(text, path)).filter(([, login]) => isLogin(login));
  return Object.fromEntries(
    entries.map(([name, login]) => {
      const provider = providerId(name);
      return [profileId(provider), { ...(login as object), type: 'oauth', provider } as Profile];
    }),
  );
}

function treeOf(text: string, path: string): object {
  try {
    const tree: unknown = JSON.parse(text.replace(/^\uFEFF/, ''));
    if (typeof tree === 'object' && tree !== null && !Array.isArray(tree)) return tree;
  } catch (error) {
    if (!(error instanceof SyntaxError)) throw error; // its words would quote the file
  }
  throw new BrokenStore(`${path} cannot be read as logins: it is no JSON object; mend it, or move it away`);
}

function isLogin(value: unknown): boolean {
  if (typeof value !== 'object' || value === null) return false;
  const { access, refresh } = value as { access?: unknown; refresh?: unknown };
  return typeof access === 'string' || typeof refresh === 'string';
}

function textOf(path: string): string | undefined {
  try {
    return readFileSync(path, 'utf8');
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return undefined;
    throw error;
  }
}
