import type { Redis } from 'ioredis';

/**
 * Names in Redis. The braces put all of them into one slot, so that a script may touch them together on a cluster too.
 * Messages know no database number: it stands in the channel's name.
 */
const PREFIX = 'doorward:{failures}:';
export const LOCKS = `${PREFIX}locks`;
export const SOURCES = `${PREFIX}of:`;
export const noticesOf = (database: number): string => `${PREFIX}notices:${database}`;

/** One script, so one moment: nobody fails between the counting and the lock. Time is Redis's own, the same for all. */
const RECORD = `
local list, locks = KEYS[1], KEYS[2]
local source, channel = ARGV[1], ARGV[2]
local failures, max, window, lockout = tonumber(ARGV[3]), tonumber(ARGV[4]), tonumber(ARGV[5]), tonumber(ARGV[6])
local time = redis.call('TIME')
local now = time[1] * 1000 + math.floor(time[2] / 1000)

local ends = tonumber(redis.call('ZSCORE', locks, source) or 0)
if ends > now then return {2, ends - now} end

local oldest = redis.call('LINDEX', list, 0)
while oldest and tonumber(oldest) <= now - window do
  redis.call('LPOP', list)
  oldest = redis.call('LINDEX', list, 0)
end
local count = redis.call('LLEN', list) + failures
if count >= max then
  redis.call('DEL', list)
  redis.call('ZREMRANGEBYSCORE', locks, '-inf', now)
  redis.call('ZADD', locks, now + lockout, source)
  if redis.call('PTTL', locks) < lockout then redis.call('PEXPIRE', locks, lockout) end
  redis.call('PUBLISH', channel, lockout .. ' ' .. source)
  return {1, lockout}
end

for _ = 1, failures do redis.call('RPUSH', list, now) end
redis.call('PEXPIRE', list, window)
local answer = {0, 0}
for _, failed in ipairs(redis.call('LRANGE', list, 0, -1)) do answer[#answer + 1] = now - failed end
return answer
`;

/** The locks that have not ended, as source, milliseconds left, source, milliseconds left … */
const LIVE_LOCKS = `
local time = redis.call('TIME')
local now = time[1] * 1000 + math.floor(time[2] / 1000)
local locks = redis.call('ZRANGEBYSCORE', KEYS[1], '(' .. now, '+inf', 'WITHSCORES')
for i = 2, #locks, 2 do locks[i] = locks[i] - now end
return locks
`;

/** How many failures each list holds that are younger than the window. */
const COUNTS = `
local time = redis.call('TIME')
local edge = time[1] * 1000 + math.floor(time[2] / 1000) - ARGV[1]
local counts = {}
for i, list in ipairs(KEYS) do
  counts[i] = 0
  for _, failed in ipairs(redis.call('LRANGE', list, 0, -1)) do
    if tonumber(failed) > edge then counts[i] = counts[i] + 1 end
  end
end
return counts
`;

const FORGET = `
redis.call('DEL', KEYS[1])
redis.call('ZREM', KEYS[2], ARGV[1])
redis.call('PUBLISH', ARGV[2], '0 ' .. ARGV[1])
return 1
`;

// prettier-ignore
export const SCRIPTS = {
  recordFailures: { lua: RECORD,     numberOfKeys: 2 },
  liveLocks:      { lua: LIVE_LOCKS, numberOfKeys: 1 },
  countFailures:  { lua: COUNTS },
  forgetSource:   { lua: FORGET,     numberOfKeys: 2 },
};

/** The outcomes of `recordFailures`, by number. */
export const OUTCOMES = ['counted', 'locked', 'blocked'] as const;

/** A connection that knows the scripts. ioredis sends each whole once per connection, then by its digest (EVALSHA). */
export interface ScriptedRedis extends Redis {
  /** Answers outcome, milliseconds of the lock, then the ages of the failures that count, oldest first. */
  recordFailures(
    list: string,
    locks: string,
    source: string,
    channel: string,
    failures: number,
    maxAttempts: number,
    windowMs: number,
    lockoutMs: number,
  ): Promise<[outcome: number, lockedMs: number, ...ages: number[]]>;
  liveLocks(locks: string): Promise<(string | number)[]>;
  countFailures(lists: number, ...listsAndWindow: (string | number)[]): Promise<number[]>;
  forgetSource(list: string, locks: string, source: string, channel: string): Promise<number>;
}
