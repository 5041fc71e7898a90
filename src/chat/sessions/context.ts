import type { ChatMessage } from '../completion.js';
import type { Message } from './session.js';

/** What comes with a message that a model can look at. */
export interface Image {
  readonly name: string;
  /** `image/png` and the like. */
  readonly mimeType: string;
  /** Base64. */
  readonly data: string;
}

/** What every message costs beside its text, in tokens. */
const OVERHEAD = 8;

/** Bytes of UTF-8 for a token: fewer than of any usual text, so that a conversation is rather cut too early. */
const BYTES_PER_TOKEN = 3;

/** About as many as a provider counts for one, whatever its size. */
const IMAGE_TOKENS = 1600;

export function tokensOf(text: string): number {
  return Math.ceil(Buffer.byteLength(text) / BYTES_PER_TOKEN) + OVERHEAD;
}

/**
 * What goes to a model: as much of what was said before as has room (in tokens), and then the new message, which goes
 * whatever its size. `backwards` is read from the newest on, and no further than there is room. What was asked while an
 * answer was under way comes after that answer, whatever the order in which they were kept.
 */
export async function contextOf(
  asked: { readonly runId: string; readonly text: string; readonly images: readonly Image[] },
  backwards: AsyncIterable<Message>,
  room: number,
): Promise<ChatMessage[]> {
  let left = room - tokensOf(asked.text) - asked.images.length * IMAGE_TOKENS;
  const before: ChatMessage[] = [];
  for await (const { kind, role, runId, said } of backwards) {
    if (kind !== 'message' || runId === asked.runId || said.text === '') continue;
    left -= tokensOf(said.text);
    if (left < 0) break;
    before.push({ role, content: said.text });
  }
  // An answer without its question would begin the conversation.
  while (before.at(-1)?.role === 'assistant') before.pop();
  return [...before.toReversed(), { role: 'user', content: contentOf(asked) }];
}

function contentOf({ text, images }: { text: string; images: readonly Image[] }): unknown {
  if (images.length === 0) return text;
  const parts = images.map(({ mimeType, data }) => ({
    type: 'image_url',
    image_url: { url: `data:${mimeType};base64,${data}` },
  }));
  return text === '' ? parts : [{ type: 'text', text }, ...parts];
}
