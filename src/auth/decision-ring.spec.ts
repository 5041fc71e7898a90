import { randomUUID } from 'node:crypto';
import { DecisionRing } from './decision-ring.js';
import type { Decision } from './decision-trace.js';

const decision = (requestId: string, at = 1): Decision => ({
  requestId,
  at,
  surface: 'http',
  client: '192.0.2.1',
  peer: '192.0.2.1',
  identity: undefined,
  code: 'token_mismatch',
  steps: [{ method: 'token', verdict: 'not mine' }],
});

describe('DecisionRing', () => {
  it('gives back what was put in', () => {
    const ring = new DecisionRing(3);
    const [first, second] = [decision(randomUUID(), 1), decision(randomUUID(), 1.5e12)];
    ring.add(first);
    ring.add(second);

    expect(ring.find(first.requestId)).toEqual(first);
    expect(ring.find(second.requestId)).toEqual(second);
  });

  it('forgets the oldest, and never grows', () => {
    const ring = new DecisionRing(3);
    const ids = Array.from({ length: 10 }, () => randomUUID());
    for (const id of ids) ring.add(decision(id));

    expect(ids.filter((id) => ring.find(id))).toEqual(ids.slice(-3));
  });

  it('keeps short ids apart from what was in their place', () => {
    const ring = new DecisionRing(1);
    ring.add(decision(randomUUID()));
    ring.add(decision('request-10'));
    ring.add(decision('request-1'));

    expect(ring.find('request-1')?.requestId).toBe('request-1');
    expect(ring.find('request-10')).toBeUndefined();
  });

  it('finds nothing for an id that only looks alike', () => {
    const ring = new DecisionRing(2);
    const id = randomUUID();
    ring.add(decision(id));

    for (const other of ['', id.slice(1), id.slice(0, -1), `${id}x`, `\u0100${id}`, `${id.slice(0, -1)}\u0130`]) {
      expect(ring.find(other)).toBeUndefined();
    }
  });
});
