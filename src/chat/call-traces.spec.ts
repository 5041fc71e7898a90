import { randomUUID } from 'node:crypto';
import { CallTraces } from './call-traces.js';
import type { Tried } from './model-call.js';

const tried = (model: string, candidate: string, outcome = 'succeeded'): Tried => ({ model, candidate, outcome });

describe('CallTraces', () => {
  it('tells of each call what it tried, also of calls that differ in one thing alone', () => {
    const traces = new CallTraces();
    const calls: [string, Tried[]][] = [
      [tried('a/m', 'profile a:one')],
      [tried('a/m', 'profile a:two')],
      [tried('a/m', 'profile a:one')],
      [tried('a/m', 'profile a:one', 'timeout')],
      [tried('b/m', 'profile a:one')],
      [tried('a/m', 'profile a:one', 'rate_limit'), tried('b/m', 'profile b:one')],
      [],
    ].map((all) => [randomUUID(), all]);
    for (const [id, all] of calls) traces.note(id, all);

    expect(calls.map(([id]) => traces.find(id))).toEqual(calls.map(([, all]) => all));
    expect(traces.find(randomUUID())).toBeUndefined();
  });

  it('forgets the oldest', () => {
    const traces = new CallTraces();
    const ids = Array.from({ length: 3000 }, () => randomUUID());
    for (const id of ids) traces.note(id, [tried('a/m', id)]);

    expect(traces.find(ids[0]!)).toBeUndefined();
    expect(traces.find(ids.at(-1)!)).toEqual([tried('a/m', ids.at(-1)!)]);
  });
});
