import type { FieldError } from '../../kernel/errors.js';
import type { SecretRef } from '../secret-ref.js';

/** A place where a secret stands, and the reference that is to stand there. */
export interface PlanTarget {
  /** The registered shape of the place: `models.providers.*.apiKey`, or `auth-profiles.api_key.key`. */
  readonly type: string;
  /** Where it is, one key each: of the configuration, or of an agent's profiles. */
  readonly keys: readonly string[];
  /** The same for people. */
  readonly path: string;
  readonly ref: SecretRef;
  /** Whose profiles, where they are meant. */
  readonly agentId?: string;
  /** The provider of a profile that is not there yet. */
  readonly authProfileProvider?: string;
}

/** What `secrets apply` is to do, in the family's shape (reference E.6). It holds no secret. */
export interface SecretPlan {
  readonly targets: readonly PlanTarget[];
  /** By alias: entries of `secrets.providers`, written before anything refers to them. */
  readonly providerUpserts: Readonly<Record<string, unknown>>;
  readonly providerDeletes: readonly string[];
  readonly options: PlanOptions;
}

/** Where else copies of the secrets that move are taken away. Only what is the same text to the letter is touched. */
export interface PlanOptions {
  /** From `.env` of the state directory. */
  readonly scrubEnv: boolean;
  /** From profiles of the same provider, which get the reference. */
  readonly scrubAuthProfilesForProviderTargets: boolean;
  /** From `auth.json` of older versions. */
  readonly scrubLegacyAuthJson: boolean;
}

export const PROFILE_TYPES = {
  'auth-profiles.api_key.key': { type: 'api_key', field: 'key' },
  'auth-profiles.token.token': { type: 'token', field: 'token' },
} as const;

export type ProfileTargetType = keyof typeof PROFILE_TYPES;

export const isProfileTarget = ({ type }: Pick<PlanTarget, 'type'>): boolean => Object.hasOwn(PROFILE_TYPES, type);

/** A plan that cannot be carried out: everything that is wrong with it. Nothing was changed. */
export class PlanRefused extends Error {
  override readonly name = 'PlanRefused';

  constructor(readonly errors: readonly FieldError[]) {
    super(errors.map(({ path, message }) => `${path}: ${message}`).join('\n'));
  }
}

/** The plan as it is written into a file. */
export function printPlan({ targets, providerUpserts, providerDeletes, options }: SecretPlan): string {
  const written = {
    version: 1,
    protocolVersion: 1,
    targets: targets.map(({ keys, type, path, ...rest }) => ({ type, path, pathSegments: keys, ...rest })),
    ...(Object.keys(providerUpserts).length > 0 && { providerUpserts }),
    ...(providerDeletes.length > 0 && { providerDeletes }),
    options,
  };
  return `${JSON.stringify(written, null, 2)}\n`;
}
