import { Unavailable } from '../kernel/errors.js';
import type { Soon } from '../kernel/soon.js';
import type { StoredProfiles } from './profile.js';

/** What is to become of an agent's profiles; undefined leaves them as they are. Must be free of side effects. */
export type ProfileChange = (stored: StoredProfiles) => StoredProfiles | undefined;

/** Where the profiles of agents are kept, for many processes at once. */
export interface ProfileStore {
  /**
   * What is stored for an agent, never to be changed in place: at once when it is known to be current. Throws
   * BrokenStore when what is there cannot be read as profiles.
   */
  read(agent: string): Soon<StoredProfiles>;

  /** Applies a change to what is stored at that moment, alone among all processes; resolves when it would survive a crash. */
  update(agent: string, change: ProfileChange): Promise<StoredProfiles>;

  /** Where a person finds it: a path, or the database. */
  describe(agent: string): string;
}

/** Nest's token for the store that the configuration names (`models.store`). */
export const PROFILE_STORE = Symbol('ProfileStore');

/** What is stored is damaged. It is never overwritten: somebody may still want to save what is in it. */
export class BrokenStore extends Unavailable {}
