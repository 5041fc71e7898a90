import { ConfigError } from '../config/config-error.js';
import type { Environment } from '../config/environment.js';
import { WrongReference } from '../config/secret-source.js';
import { isTree } from '../config/tree.js';
import { systemClock } from '../kernel/clock.js';
import type { EnvProvider, FileProvider } from './provider.settings.js';
import { envResolver } from './resolvers/env.resolver.js';
import { fileResolver } from './resolvers/file.resolver.js';
import { readSecretRef, type SecretRef, wordsOf } from './secret-ref.js';
import { SecretFailure } from './secret-resolver.js';

/** What the configuration says at a path, unchecked. */
export interface Unchecked {
  readonly environment: Environment;
  get(path: string): unknown;
}

/** A secret, or why it cannot be had here, in words. */
export type AtHand = { readonly value: string } | { readonly unavailable: string };

/** As the settings of a file provider have it. */
const FILE_DEFAULTS = { mode: 'json', timeoutMs: 5000, maxBytes: 1024 * 1024, allowInsecurePath: false } as const;

/**
 * The secret behind a reference, for the command line's own use: from a variable or a file, and from no program, which is
 * the gateway's to ask. Undefined for what is no reference. Loads no validator.
 */
export async function secretAtHand(value: unknown, settings: Unchecked): Promise<AtHand | undefined> {
  const reference = readSecretRef(value);
  if (reference === undefined) return undefined;
  if (reference instanceof WrongReference) return { unavailable: reference.message };
  try {
    return await follow(reference, settings);
  } catch (error) {
    if (error instanceof SecretFailure) return { unavailable: `${error.message}; ${error.remedy}` };
    if (error instanceof ConfigError) return { unavailable: error.errors.map(({ message }) => message).join('; ') };
    throw error;
  }
}

async function follow({ source, provider, id }: SecretRef, settings: Unchecked): Promise<AtHand> {
  const named = provider ?? settings.get(`secrets.defaults.${source}`);
  const alias = typeof named === 'string' ? named : 'default';
  const declared = settings.get(`secrets.providers.${alias}`) ?? (source === 'env' ? { source } : undefined);
  const words = wordsOf({ source, provider: alias, id });
  if (!isTree(declared) || declared['source'] !== source) return { unavailable: `there is no ${words}` };
  if (source === 'exec') return { unavailable: `${words}, is kept by a program, which only the gateway asks` };

  const batch = { alias, ids: [id], environment: settings.environment, clock: systemClock };
  const found =
    source === 'env'
      ? await envResolver.resolve({ ...batch, settings: declared as unknown as EnvProvider })
      : await fileResolver.resolve({
          ...batch,
          settings: { ...FILE_DEFAULTS, ...declared } as unknown as FileProvider,
        });
  const secret = found.get(id);
  if (typeof secret === 'string') return { value: secret };
  return { unavailable: `${words}: ${secret?.message ?? 'is not known'}` };
}
