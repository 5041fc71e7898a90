import type { ConfigSnapshot } from '../../config/settings.js';
import type { Clock } from '../../kernel/clock.js';
import type { Log } from '../../kernel/log.js';
import { RedisSettings } from '../rate-limit.settings.js';
import type { FailureStorage } from './failure-storage.js';
import { MemoryFailureStorage } from './memory.failure-storage.js';

/** The counter that the configuration asks for at start: with a `redis.url` shared, else this process's own. */
export async function openFailureStorage(config: ConfigSnapshot, clock: Clock, log: Log): Promise<FailureStorage> {
  const { url } = config.get(RedisSettings);
  if (url === undefined) return new MemoryFailureStorage(clock);

  // Loaded only where it is used: the client takes some 40 ms to load.
  const { RedisFailureStorage } = await import('./redis.failure-storage.js');
  return RedisFailureStorage.open(url, clock, log);
}
