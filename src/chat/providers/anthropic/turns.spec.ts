import type { ChatMessage } from '../../completion.js';
import { conversationOf } from './turns.js';

const user: ChatMessage = { role: 'user', content: 'x' };
const result: ChatMessage = { role: 'tool', tool_call_id: 'a', content: 'y' };

/** What turning so many messages costs, in milliseconds of CPU: the least of three, for others compute as well. */
function cost(kinds: readonly ChatMessage[], count: number): number {
  const messages = Array.from({ length: count }, (_, index) => kinds[index % kinds.length]!);
  const runs = [1, 2, 3].map(() => {
    const from = process.cpuUsage();
    conversationOf(messages);
    const { user: own, system } = process.cpuUsage(from);
    return (own + system) / 1000;
  });
  return Math.min(...runs);
}

describe('S208: many messages of one role', () => {
  // prettier-ignore
  it.each<[string, readonly ChatMessage[]]>([
    ['questions',             [user]],
    ['results of tools',      [result]],
    ['the two by turns',      [user, result]],
    ['instructions between',  [user, { role: 'system', content: 'z' }]],
  ])('%s: four times as many cost no more than about four times as much', (_what, kinds) => {
    expect(cost(kinds, 16_000)).toBeLessThan(8 * cost(kinds, 4000) + 50);
  });

  it('become one turn, results first, each kind in its order', () => {
    const messages = Array.from({ length: 1000 }, (_, index) =>
      index % 2 === 0 ? { role: 'user', content: `${index}` } : { ...result, tool_call_id: `${index}` },
    );
    const { turns } = conversationOf(messages);
    expect(turns).toHaveLength(1);
    const order = turns[0]!.content.map((block) => (block.type === 'tool_result' ? block.tool_use_id : block));
    expect(order.slice(0, 500)).toEqual(
      messages.filter(({ role }) => role === 'tool').map((one) => (one as ChatMessage).tool_call_id),
    );
    expect(order.slice(500)).toEqual(
      messages.filter(({ role }) => role === 'user').map(({ content }) => ({ type: 'text', text: content })),
    );
  });

  it('are no more than the stack holds, however many parts one has', () => {
    const parts = Array.from({ length: 300_000 }, () => ({ type: 'text', text: 'x' }));
    const { system, turns } = conversationOf([
      { role: 'system', content: parts },
      user,
      { role: 'user', content: parts },
    ]);
    expect([system.length, turns[0]!.content.length]).toEqual([300_000, 300_001]);
  });
});
