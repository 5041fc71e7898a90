import fc from 'fast-check';
import { candidateOrder, type ProfileRules } from './candidate-order.js';
import { CandidateIndex } from './candidate-index.js';
import type { Profile, ProfileUsage } from './profile.js';

const NOW = 1_767_960_000_000;
const IDS = ['a', 'b', 'c', 'd', 'e'] as const;

const profile: fc.Arbitrary<Profile> = fc.oneof(
  fc.record({ type: fc.constant('api_key' as const), provider: fc.constant('p'), key: fc.constantFrom('k', ' ') }),
  fc.record({
    type: fc.constant('token' as const),
    provider: fc.constant('p'),
    token: fc.constant('t'),
    expires: fc.option(fc.constantFrom(NOW - 1, NOW + 1), { nil: undefined }),
  }),
  fc.record({ type: fc.constant('oauth' as const), provider: fc.constantFrom('p', 'q'), access: fc.constant('a') }),
);
const usage: fc.Arbitrary<ProfileUsage> = fc.record(
  {
    lastUsed: fc.integer({ min: 0, max: 9 }),
    cooldownUntil: fc.constantFrom(NOW - 1, NOW + 1),
    cooldownModel: fc.constantFrom('m', 'n'),
    disabledUntil: fc.constantFrom(NOW - 1, NOW + 1),
  },
  { requiredKeys: [] },
);
const some = <T>(value: fc.Arbitrary<T>): fc.Arbitrary<Record<string, T>> =>
  fc.dictionary(fc.constantFrom(...IDS), value);
const order = fc.option(fc.array(fc.constantFrom(...IDS)), { nil: undefined });

describe('the quick form of the order', () => {
  it('chooses what the order says, whatever is stored, configured and pinned', () => {
    const pin = fc.option(fc.constantFrom(...IDS), { nil: undefined });
    const model = fc.option(fc.constantFrom('m', 'n'), { nil: undefined });
    fc.assert(
      fc.property(
        some(profile),
        some(usage),
        order,
        order,
        pin,
        model,
        (profiles, stats, first, second, pinned, asked) => {
          const stored = { version: 1, profiles, order: first && { p: first }, usageStats: stats };
          const rules: ProfileRules = { profiles: {}, order: second ? { p: second } : {} };
          const query = { pin: pinned, model: asked, now: NOW };
          const { candidates } = candidateOrder(stored, rules, { ...query, provider: 'p' });
          const expected = candidates.find(({ id, block }) => !block || id === pinned)?.id;
          const index = new CandidateIndex(stored, rules, 'p', (id) => stats[id], NOW);

          expect(index.first(query, new Set())?.id).toBe(expected);
        },
      ),
      { numRuns: 1000 },
    );
  });

  it('keeps doing so while profiles are used', () => {
    const turns = fc.array(fc.tuple(fc.constantFrom(...IDS), usage), { maxLength: 8 });
    fc.assert(
      fc.property(some(profile), some(usage), order, turns, (profiles, before, listed, happened) => {
        const rules: ProfileRules = { profiles: {}, order: listed ? { p: listed } : {} };
        const stored = { version: 1, profiles, usageStats: before };
        const index = new CandidateIndex(stored, rules, 'p', (id) => before[id], NOW);
        const now: Record<string, ProfileUsage> = { ...before };
        for (const [id, next] of happened) {
          now[id] = next;
          index.used(id, next, NOW);
        }
        const { candidates } = candidateOrder({ ...stored, usageStats: now }, rules, { now: NOW, provider: 'p' });

        const free = candidates.filter(({ block }) => !block).map(({ id }) => id);
        const tried = new Set<string>();
        for (let next = index.first({ now: NOW }, tried); next; next = index.first({ now: NOW }, tried))
          tried.add(next.id);
        expect([...tried]).toEqual(free);
      }),
      { numRuns: 1000 },
    );
  });

  it('lets those try again who have rested', () => {
    const resting = { cooldownUntil: NOW + 10, lastUsed: 1 };
    const key = (name: string): Profile => ({ type: 'api_key', provider: 'p', key: name });
    const stored = { version: 1, profiles: { a: key('a'), b: key('b') }, usageStats: { a: resting } };
    const usageOf = (id: string): ProfileUsage | undefined => ({ a: resting, b: { lastUsed: 2 } })[id];
    const index = new CandidateIndex(stored, { profiles: {}, order: {} }, 'p', usageOf, NOW);

    expect(index.first({ now: NOW }, new Set())?.id).toBe('b');
    expect(index.nextFree(undefined, NOW)).toBe(NOW + 10);
    expect(index.first({ now: NOW + 10 }, new Set())?.id).toBe('a');
    expect(index.nextFree(undefined, NOW + 10)).toBeUndefined();
  });
});
