import { contextOf, tokensOf } from './context.js';
import type { Message } from './session.js';

let count = 0;

function message(role: 'user' | 'assistant', text: string, more: Partial<Message> = {}): Message {
  count += 1;
  const id = String(count);
  return { id, seq: count, runId: `run ${id}`, role, kind: 'message', createdAt: new Date(0), said: { text }, ...more };
}

/** What goes to the model of a conversation, the oldest first, as `role: text`. */
async function sent(said: readonly Message[], room: number, text = 'now'): Promise<string[]> {
  async function* backwards(): AsyncGenerator<Message> {
    yield* said.toReversed();
  }
  const messages = await contextOf({ runId: 'this', text, images: [] }, backwards(), room);
  return messages.map(({ role, content }) => `${role}: ${String(content)}`);
}

describe('what goes to a model', () => {
  const talk = [
    message('user', 'one'),
    message('assistant', 'two'),
    message('user', 'three'),
    message('assistant', 'four'),
  ];

  it('is all of it where there is room, the new message last', async () => {
    const all = ['user: one', 'assistant: two', 'user: three', 'assistant: four', 'user: now'];
    expect(await sent(talk, 1000)).toEqual(all);
  });

  it('is the end of it where there is not, and begins with a question', async () => {
    const last = tokensOf('three') + tokensOf('four') + tokensOf('now');
    expect(await sent(talk, last)).toEqual(['user: three', 'assistant: four', 'user: now']);
    expect(await sent(talk, last - 1)).toEqual(['user: now']);
    expect(await sent(talk, 0)).toEqual(['user: now']);
  });

  it('is the new message whatever its size', async () => {
    expect(await sent([], 10, 'x'.repeat(1000))).toHaveLength(1);
  });

  it('has neither commands nor what came to nothing', async () => {
    const odd = [
      message('user', '/model list', { kind: 'command' }),
      message('assistant', '1. a', { kind: 'command' }),
      message('user', 'one'),
      message('assistant', ''),
    ];
    expect(await sent(odd, 1000)).toEqual(['user: one', 'user: now']);
  });

  it('has the answer before what was asked meanwhile', async () => {
    const meanwhile = [message('user', 'one'), message('user', 'now', { runId: 'this' }), message('assistant', 'two')];
    expect(await sent(meanwhile, 1000)).toEqual(['user: one', 'assistant: two', 'user: now']);
  });

  it('is read no further than there is room', async () => {
    let read = 0;
    async function* endless(): AsyncGenerator<Message> {
      for (;;) {
        read += 1;
        yield message('user', 'x'.repeat(300));
      }
    }
    await contextOf({ runId: 'this', text: 'now', images: [] }, endless(), 1000);
    expect(read).toBeLessThan(12);
  });
});
