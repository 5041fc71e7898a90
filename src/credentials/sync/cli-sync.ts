import type { ProfileStore } from '../profile-store.js';
import type { Clock } from '../../kernel/clock.js';
import type { Profile, StoredProfiles } from '../profile.js';
import { refreshRefusal } from '../status/profile-health.js';
import type { CliProfile, CliProgram } from './cli-login.js';
import { CLI_PROGRAMS, type CliLogins } from './cli-logins.js';
import { isDue, replaces } from './replacement.js';

/** Takes the logins of other programs into an agent's profiles, whenever those are loaded to be used or shown (reference F.7). */
export class CliSync {
  constructor(
    private readonly store: ProfileStore,
    private readonly logins: CliLogins,
    private readonly clock: Clock,
  ) {}

  /** Takes over what is newer. Resolves with the ids that changed, as a rule none: then nothing was written either. */
  async sync(agent: string, programs: readonly CliProgram[] = CLI_PROGRAMS): Promise<readonly string[]> {
    const stored = await this.store.read(agent);
    const due = programs.filter(({ profileId, provider }) => {
      const profile = stored.profiles[profileId];
      return isDue(profile, provider, this.clock.now()) || isRefused(stored, profileId);
    });
    const found = await Promise.all(due.map(async (program) => ({ program, login: await this.logins.read(program) })));
    const newer = found.filter(({ program, login }) => login && isNewer(stored, program, login));
    if (newer.length === 0) return [];

    // Looked at once more where nobody else can write: another process may have taken it over meanwhile.
    const next = await this.store.update(agent, (current) => {
      const taken = newer.filter(({ program, login }) => login && isNewer(current, program, login));
      if (taken.length === 0) return undefined;
      return taken.reduce((before, { program, login }) => withLogin(before, program, login!), current);
    });
    return newer.flatMap(({ program, login }) => (holds(next, program, login!) ? [program.profileId] : []));
  }

  /** Reads one program's login anew, whatever was found before, and takes it over if it is newer. */
  async again(agent: string, program: CliProgram): Promise<void> {
    this.logins.forget(program);
    await this.sync(agent, [program]);
  }
}

/** A refusal of what was there before is not this one's. */
function withLogin(stored: StoredProfiles, { profileId }: CliProgram, login: CliProfile): StoredProfiles {
  const { refreshRefused: _refused, ...usage } = stored.usageStats?.[profileId] ?? {};
  return {
    ...stored,
    profiles: { ...stored.profiles, [profileId]: login },
    ...(stored.usageStats?.[profileId] && { usageStats: { ...stored.usageStats, [profileId]: usage } }),
  };
}

function isNewer(stored: StoredProfiles, { profileId }: CliProgram, login: CliProfile): boolean {
  return replaces(login, stored.profiles[profileId], isRefused(stored, profileId));
}

function isRefused({ profiles, usageStats }: StoredProfiles, id: string): boolean {
  const profile: Profile | undefined = profiles[id];
  return profile?.type === 'oauth' && refreshRefusal(profile, usageStats?.[id]) !== undefined;
}

function holds({ profiles }: StoredProfiles, { profileId }: CliProgram, login: CliProfile): boolean {
  const profile = profiles[profileId];
  if (profile?.type === 'oauth') return profile.access === login['access'];
  return profile?.type === 'token' && profile.token === login['token'];
}
