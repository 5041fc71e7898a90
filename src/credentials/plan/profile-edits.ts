import { isPlainSecret } from '../../secrets/audit/plain-secret.js';
import {
  isProfileTarget,
  PlanRefused,
  PROFILE_TYPES,
  type PlanTarget,
  type ProfileTargetType,
  type SecretPlan,
} from '../../secrets/plan/plan.js';
import type { SecretRef } from '../../secrets/secret-ref.js';
import { type Profile, providerId, type StoredProfiles } from '../profile.js';

/** The stored profiles of an agent. */
export interface OwnProfiles {
  readonly agent: string;
  readonly stored: StoredProfiles;
}

/** A reference for a profile, in place of the text that stands there. */
export interface ProfileEdit {
  readonly agent: string;
  readonly id: string;
  readonly type: 'api_key' | 'token';
  readonly field: 'key' | 'token';
  readonly ref: SecretRef;
  /** Of a profile that is made. */
  readonly provider: string;
  /** The secret that stands there now. */
  readonly text: string | undefined;
}

/** What a plan does to profiles by name. Throws PlanRefused for those that are not there, or are of another type. */
export function profileEdits(plan: SecretPlan, all: readonly OwnProfiles[]): ProfileEdit[] {
  const edits = plan.targets.filter(isProfileTarget).map((target) => editOf(target, all));
  const errors = edits.filter((edit) => typeof edit === 'object' && 'message' in edit);
  if (errors.length > 0) throw new PlanRefused(errors);
  return edits as ProfileEdit[];
}

/** Copies of secrets that move out of `models.providers.<id>.apiKey`: profiles of that provider get the reference too. */
export function copiedProfiles(
  moved: readonly { readonly provider: string; readonly text: string; readonly ref: SecretRef }[],
  all: readonly OwnProfiles[],
): ProfileEdit[] {
  return all.flatMap(({ agent, stored }) =>
    Object.entries(stored.profiles).flatMap(([id, profile]): ProfileEdit[] => {
      if (profile.type !== 'api_key' || typeof profile.key !== 'string') return [];
      const { key: text, provider } = profile;
      const same = moved.find((one) => one.text === text && providerId(one.provider) === providerId(provider));
      return same ? [{ agent, id, type: 'api_key', field: 'key', ref: same.ref, provider, text }] : [];
    }),
  );
}

/** The profiles of one agent with its edits made: the reference comes, the text goes. */
export function editedProfiles(stored: StoredProfiles, edits: readonly ProfileEdit[]): StoredProfiles {
  const changed = edits.map(({ id, type, field, ref, provider }): [string, Profile] => {
    const { [field]: _text, ...rest } = (stored.profiles[id] ?? { type, provider }) as Record<string, unknown>;
    return [id, { ...rest, [`${field}Ref`]: ref } as unknown as Profile];
  });
  return { ...stored, profiles: { ...stored.profiles, ...Object.fromEntries(changed) } };
}

function editOf(target: PlanTarget, all: readonly OwnProfiles[]): ProfileEdit | { path: string; message: string } {
  const { type, field } = PROFILE_TYPES[target.type as ProfileTargetType];
  const agent = target.agentId!.toLowerCase();
  const id = target.keys[1]!;
  const path = `${agent}: ${target.path}`;
  const own = all.find((one) => one.agent === agent);
  if (!own) return { path, message: `there is no agent "${agent}"; correct agentId` };
  const profile = Object.hasOwn(own.stored.profiles, id) ? own.stored.profiles[id] : undefined;
  const provider = profile?.provider ?? target.authProfileProvider;
  if (provider === undefined)
    return { path, message: 'there is no such profile; name its provider in authProfileProvider to make it' };
  if (profile && profile.type !== type)
    return { path, message: `is of the type ${profile.type}, and the plan says ${type}` };
  const text: unknown = (profile as Record<string, unknown> | undefined)?.[field];
  return {
    agent,
    id,
    type,
    field,
    ref: target.ref,
    provider,
    text: typeof text === 'string' && isPlainSecret(text) ? text : undefined,
  };
}
