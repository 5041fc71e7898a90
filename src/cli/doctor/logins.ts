import type { ModelStatus, ProfileStatus } from '../../credentials/status/model-status.js';
import { problemOf } from '../../credentials/status/problem.js';
import { age } from '../age.js';
import type { Check, Finding, Patient } from './check.js';

/** Whether every agent has what opens the models that it asks. */
export const credentials: Check = (patient) =>
  agentsOf(patient).map((status): Finding => {
    const problem = problemOf(status, true);
    if (problem) return { code: 'credentials_missing', state: 'fail', evidence: problem.sentence, fix: problem.remedy };
    const providers = status.providers.filter(({ inUse }) => inUse).map(({ id }) => id);
    const asked = providers.length === 0 ? 'names no model' : `asks ${providers.join(', ')}`;
    return { code: 'credentials', state: 'ok', evidence: `agent "${status.agent}" ${asked}; what it needs is there` };
  });

/** Logins and tokens that have ended or are about to, and those that only a person can mend. */
export const expiries: Check = (patient) => {
  const found = agentsOf(patient).flatMap(({ agent, providers }) =>
    providers.flatMap(({ profiles }) => profiles).flatMap((profile) => expiry(agent, profile)),
  );
  return found.length > 0
    ? found
    : [{ code: 'logins', state: 'ok', evidence: 'no login or token ends within 24 hours' }];
};

/** Profiles that are left alone for a while, and why. */
export const restingProfiles: Check = (patient) => {
  const found = agentsOf(patient).flatMap(({ agent, providers }) =>
    providers
      .flatMap(({ profiles }) => profiles)
      .flatMap(({ id, block }): Finding[] => {
        if (!block) return [];
        const isDisabled = block.kind === 'disabled';
        return [
          {
            code: isDisabled ? 'profile_disabled' : 'profile_cooling',
            state: 'warn',
            evidence: `${id} of agent "${agent}" rests (${block.reason}) for another ${age(block.remainingMs)}`,
            fix: isDisabled
              ? 'look at the account at the provider; signing in again lifts it at once'
              : 'nothing: it is tried again by itself',
          },
        ];
      }),
  );
  return found.length > 0 ? found : [{ code: 'profiles_awake', state: 'ok', evidence: 'no profile rests' }];
};

/** References of the configuration and of profiles that lead to no secret. */
export const references: Check = (patient) => {
  const { unresolved } = patient.local;
  const inConfig = unresolved.map(({ path, why }): Finding => ({
    code: 'reference_unresolved',
    state: 'fail',
    evidence: `${path} leads to no secret: ${why}`,
    fix: 'set the variable or file that it names, or write the secret: doorward config set … --stdin',
  }));
  const inProfiles = agentsOf(patient).flatMap(({ agent, providers }) =>
    providers
      .flatMap(({ profiles }) => profiles)
      .filter(({ isLost }) => isLost === true)
      .map(({ id }): Finding => ({
        code: 'reference_unresolved',
        state: 'fail',
        evidence: `the reference of ${id} of agent "${agent}" leads to no secret`,
        fix: `set what it names, or store the credential anew: doorward models auth add --profile-id ${id}`,
      })),
  );
  const found = [...inConfig, ...inProfiles];
  return found.length > 0
    ? found
    : [{ code: 'references', state: 'ok', evidence: 'no reference is known to lead nowhere' }];
};

function expiry(agent: string, { id, provider, type, health, expiresAt, detail }: ProfileStatus): Finding[] {
  if (type === 'api_key' || health === 'ok' || health === 'static') return [];
  const how = type === 'oauth' ? 'login' : provider === 'anthropic' ? 'setup-token' : 'paste-token';
  const fix = `doorward models auth ${how} --provider ${provider} --agent ${agent} --profile-id ${id}`;
  const when = expiresAt === undefined ? '' : `, ${expiresAt}`;
  const why = detail === undefined ? '' : `: ${detail}`;
  const evidence = `${id} of agent "${agent}" is ${health}${when}${why}`;
  return [{ code: `login_${health}`, state: health === 'expiring' ? 'warn' : 'fail', evidence, fix }];
}

/** Those whose store could be read. */
function agentsOf({ statuses }: Patient): ModelStatus[] {
  return [...statuses.values()].filter((status): status is ModelStatus => !(status instanceof Error));
}
