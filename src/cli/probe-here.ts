import { HttpClient } from '../credentials/http.js';
import { usableProfiles } from '../credentials/local/local-status.js';
import type { LocalCredentials } from '../credentials/local/open-local.js';
import { referenceReach } from '../credentials/local/reference-reach.js';
import type { Profile } from '../credentials/profile.js';
import { probe, type ProbeResult } from '../credentials/status/probe.js';
import { systemClock } from '../kernel/clock.js';
import { profileFiles } from './local-models.js';
import type { ProbeFlags } from './probe-options.js';

const LARGEST_ANSWER = 256 * 1024;

/** Probes the profiles of an agent from this machine, each with what it holds now: nothing is refreshed for it. */
export async function probeHere(local: LocalCredentials, agent: string, flags: ProbeFlags): Promise<ProbeResult[]> {
  const http = new HttpClient(systemClock, { patienceMs: flags.probeTimeout, largest: LARGEST_ANSWER });
  const { config, rules } = local;
  const stored = await usableProfiles(profileFiles(local), agent);
  try {
    return await probe(
      {
        agent,
        config,
        rules,
        stored,
        now: () => systemClock.now(),
        secretOf: (_id, profile) => secretOf(profile, local),
        send: ({ url, headers, body }) => http.ask(url, { method: 'POST', headers, body }),
      },
      {
        providers: flags.probeProvider,
        profiles: flags.probeProfile,
        concurrency: flags.probeConcurrency,
        maxTokens: flags.probeMaxTokens,
      },
    );
  } finally {
    await http.close();
  }
}

async function secretOf(profile: Profile, { settings }: LocalCredentials): Promise<string | undefined> {
  if (profile.type === 'oauth') {
    const isGood = profile.expires === undefined || profile.expires > systemClock.now();
    return isGood ? profile.access : undefined;
  }
  const [reference, value] =
    profile.type === 'api_key' ? [profile.keyRef, profile.key] : [profile.tokenRef, profile.token];
  if (reference === undefined) return value;
  const reach = await referenceReach(reference, settings);
  return reach.state === 'there' ? reach.value : undefined;
}
