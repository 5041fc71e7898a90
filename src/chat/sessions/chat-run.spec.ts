import { TestClock } from '../../../test/helpers/clock.js';
import type { Identity } from '../../kernel/identity.js';
import type { ChatEvent } from './chat-event.js';
import { ChatRun } from './chat-run.js';
import type { Session } from './session.js';

function started() {
  const clock = new TestClock();
  const told: ChatEvent[] = [];
  const session = { id: 's', agent: 'main' } as Session;
  const place = { runId: 'r', sessionKey: 'main', session, caller: {} as Identity, size: 1 };
  const run = new ChatRun(place, Promise.resolve(), clock, (event) => told.push(event));
  const deltas = (): string[] => told.flatMap((event) => (event.state === 'delta' ? [event.deltaText] : []));
  return { clock, told, run, deltas };
}

describe('an answer under way', () => {
  it('is told at once, and then every 50 ms with all that has come meanwhile', () => {
    const { clock, run, deltas } = started();
    for (const word of ['a', 'b', 'c']) run.push(word);
    expect(deltas()).toEqual(['a']);
    clock.advance(49);
    expect(deltas()).toEqual(['a']);
    clock.advance(1);
    expect(deltas()).toEqual(['a', 'bc']);
    clock.advance(1000);
    run.push('d');
    expect(deltas()).toEqual(['a', 'bc', 'd']);
  });

  it('is told less often the longer it is: nobody is sent much more than 200 characters in a millisecond', () => {
    const { clock, told, run } = started();
    const start = clock.now();
    for (let n = 0; n < 2000; n += 1) {
      run.push('x'.repeat(100));
      clock.advance(5);
    }
    const sent = told.reduce((sum, event) => sum + (event.message?.content[0]!.text.length ?? 0), 0);
    expect(sent / (clock.now() - start)).toBeLessThan(220);
    expect(run.text).toHaveLength(200_000);
  });

  it('tells the rest before its end, in order and numbered, and nothing after it', () => {
    const { clock, told, run, deltas } = started();
    run.push('a');
    run.push('b');
    run.finished({ text: 'ab', stopReason: 'stop', usage: { input: 1, output: 2 } });
    run.leave();
    clock.advance(1000);
    expect(deltas()).toEqual(['a', 'b']);
    expect(told.map(({ seq, state }) => [seq, state])).toEqual([
      [1, 'delta'],
      [2, 'delta'],
      [3, 'final'],
    ]);
    expect(told.at(-1)).toMatchObject({ stopReason: 'stop', usage: { input: 1, output: 2, totalTokens: 3 } });
    expect(clock.pending).toBe(0);
  });

  it('says what has come where it was cut, and nothing where nothing had', () => {
    const some = started();
    some.run.push('a');
    some.run.aborted('revoked');
    expect(some.told.at(-1)).toMatchObject({ state: 'aborted', stopReason: 'revoked', message: { role: 'assistant' } });

    const none = started();
    none.run.failed('no', 'unknown');
    expect(none.told).toEqual([
      {
        runId: 'r',
        sessionKey: 'main',
        agentId: 'main',
        seq: 1,
        state: 'error',
        errorMessage: 'no',
        errorKind: 'unknown',
      },
    ]);
  });

  it('is ended once: the first reason counts', () => {
    const { run } = started();
    run.end('aborted');
    run.end('timeout');
    expect([run.reason, run.signal.aborted]).toEqual(['aborted', true]);
  });
});
