import type { Soon } from '../../kernel/soon.js';
import { agentsOf, namedModel } from '../agent-list.js';
import { candidateOrder, type Exclusion, type ProfileRules } from '../candidate-order.js';
import { failureKind, type FailureKind } from '../failure-kind.js';
import type { ModelConfig } from '../model-config.js';
import type { ModelProvider } from '../model-providers.js';
import { type Profile, providerId, type StoredProfiles } from '../profile.js';
import { providersOf } from '../provider-list.js';
import { type ProbeRequest, probeRequest } from './probe-request.js';

export type ProbeStatus = 'ok' | 'auth' | 'rate_limit' | 'billing' | 'timeout' | 'format' | 'unknown' | 'no_model';

/** Why a profile was not asked about. */
export type ProbeReason =
  | 'excluded_by_auth_order'
  | 'missing_credential'
  | 'expired'
  | 'invalid_expires'
  | 'unresolved_ref'
  | 'ineligible_profile'
  | 'no_model';

/** What came of one profile. It never holds what the profile holds. */
export interface ProbeResult {
  readonly profileId: string;
  readonly provider: string;
  readonly model?: string;
  readonly status: ProbeStatus;
  readonly reasonCode?: ProbeReason;
  readonly latencyMs?: number;
  /** In the provider's words, one line. */
  readonly error?: string;
}

export interface ProbeOptions {
  readonly providers?: readonly string[];
  readonly profiles?: readonly string[];
  readonly concurrency: number;
  readonly maxTokens: number;
}

/** What probing works with. */
export interface ProbeGround {
  readonly agent: string;
  readonly config: ModelConfig;
  readonly rules: ProfileRules;
  readonly stored: StoredProfiles;
  readonly now: () => number;
  /** What a profile holds, ready to be sent; undefined when it cannot be had. */
  readonly secretOf: (id: string, profile: Profile) => Soon<string | undefined>;
  /** Sends a request; rejects when there is no answer in time. */
  readonly send: (request: ProbeRequest) => Promise<{ readonly status: number; readonly body: string }>;
}

// prettier-ignore
const REASONS: Readonly<Record<Exclusion, ProbeReason>> = {
  missing_credential:     'missing_credential',
  provider_mismatch:      'ineligible_profile',
  mode_mismatch:          'ineligible_profile',
  expired:                'expired',
  invalid_expires:        'invalid_expires',
  excluded_by_auth_order: 'excluded_by_auth_order',
};

// prettier-ignore
const STATUSES: Readonly<Partial<Record<FailureKind, ProbeStatus>>> = {
  auth:            'auth',
  auth_permanent:  'auth',
  session_expired: 'auth',
  billing:         'billing',
  rate_limit:      'rate_limit',
  overloaded:      'rate_limit',
  timeout:         'timeout',
  format:          'format',
  model_not_found: 'format',
};

const LONGEST_ERROR = 200;

/**
 * Asks the provider of each profile for a few tokens with that very profile, resting or not, and with no other when it
 * fails. What would never be used is told, not tried (reference F.9).
 */
export async function probe(ground: ProbeGround, options: ProbeOptions): Promise<ProbeResult[]> {
  const ids = Object.keys(ground.stored.profiles).filter((id) => isMeant(id, ground, options));
  const results: ProbeResult[] = [];
  let next = 0;
  const work = async (): Promise<void> => {
    for (let index = next++; index < ids.length; index = next++) {
      results[index] = await probeOne(ids[index]!, ground, options);
    }
  };
  await Promise.all(Array.from({ length: Math.max(1, options.concurrency) }, work));
  return results;
}

async function probeOne(profileId: string, ground: ProbeGround, { maxTokens }: ProbeOptions): Promise<ProbeResult> {
  const profile = ground.stored.profiles[profileId]!;
  const known = { profileId, provider: providerId(profile.provider) };
  const reason = exclusionOf(profileId, known.provider, ground);
  if (reason !== undefined) return { ...known, status: 'unknown', reasonCode: reason };
  const provider = providersOf(ground.config).get(known.provider);
  const model = provider && modelFor(provider, ground);
  if (!provider || model === undefined) return { ...known, status: 'no_model', reasonCode: 'no_model' };

  const value = await ground.secretOf(profileId, profile);
  if (value === undefined || value === '') {
    const reasonCode = profile.type === 'oauth' ? 'expired' : 'unresolved_ref';
    return { ...known, model, status: 'unknown', reasonCode };
  }
  const begun = ground.now();
  const outcome = await ask(probeRequest(provider, { type: profile.type, value }, model, maxTokens), ground);
  return { ...known, model, latencyMs: ground.now() - begun, ...withoutSecret(outcome, value) };
}

async function ask(request: ProbeRequest, { send }: ProbeGround): Promise<Pick<ProbeResult, 'status' | 'error'>> {
  try {
    const { status, body } = await send(request);
    if (status >= 200 && status < 300) return { status: 'ok' };
    const message = messageOf(body) ?? `answered ${status}`;
    return { status: STATUSES[failureKind({ status, message })] ?? 'unknown', error: message };
  } catch (error) {
    return { status: 'timeout', error: error instanceof Error ? error.message : 'no answer' };
  }
}

/** Some providers quote the key that they refuse. */
function withoutSecret(
  { status, error }: Pick<ProbeResult, 'status' | 'error'>,
  secret: string,
): Pick<ProbeResult, 'status' | 'error'> {
  if (error === undefined) return { status };
  const line = error.replaceAll(secret, '***').replace(/\s+/g, ' ').trim().slice(0, LONGEST_ERROR);
  return { status, error: line };
}

function messageOf(body: string): string | undefined {
  try {
    const { error } = JSON.parse(body) as { error?: { message?: unknown } | string };
    const message = typeof error === 'string' ? error : error?.message;
    return typeof message === 'string' && message !== '' ? message : undefined;
  } catch {
    return undefined; // a page of some proxy in between: the status says enough
  }
}

function isMeant(id: string, { stored }: ProbeGround, { providers, profiles }: ProbeOptions): boolean {
  const provider = providerId(stored.profiles[id]!.provider);
  if (providers && !providers.map(providerId).includes(provider)) return false;
  return !profiles || profiles.includes(id);
}

function exclusionOf(id: string, provider: string, { stored, rules, now }: ProbeGround): ProbeReason | undefined {
  const { candidates, excluded } = candidateOrder(stored, rules, { provider, now: now() });
  if (candidates.some((candidate) => candidate.id === id)) return undefined;
  const why = excluded.find((one) => one.id === id)?.why;
  return why === undefined ? 'ineligible_profile' : REASONS[why];
}

/** What the agent would ask this provider for, else what the provider is known to have. */
function modelFor(provider: ModelProvider, { agent, config }: ProbeGround): string | undefined {
  const { primary, fallbacks = [] } = agentsOf(config).get(agent) ?? {};
  const asked = [primary, ...fallbacks].find((ref) => ref?.provider === provider.id);
  if (asked) return asked.model;
  if (provider.models[0]) return provider.models[0].id;
  return namedModel(config, provider.id);
}
