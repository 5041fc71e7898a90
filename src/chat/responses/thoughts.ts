import { JsonStructure } from '../../kernel/json-structure.js';

/** How ours begin: what other providers have encrypted is not for the one that is asked now. */
const MARK = 'chat-thinking.1.';

/** What is put into `encrypted_content` at most, in characters; a provider's blocks are far smaller. */
const MOST = 4 * 1024 * 1024;

/**
 * Blocks of thinking that a provider has signed, as the opaque text of a reasoning item: whoever sends the item back gives
 * them back, which Anthropic demands before the result of a tool. Nothing in it is secret from the caller, who has been
 * shown the same thoughts, or cannot read them any more than we can.
 */
export function sealThoughts(blocks: readonly unknown[]): string {
  return MARK + Buffer.from(JSON.stringify(blocks)).toString('base64url');
}

/** For the thoughts of one request: whatever is written as ours is dear as a body, and counted as one (S208). */
export const structureOfThoughts = (): JsonStructure => new JsonStructure({ what: 'the text', isStrict: false });

/** The blocks in such a text; undefined for what is none of ours, or no longer whole. */
export function openThoughts(text: unknown, structure = structureOfThoughts()): unknown[] | undefined {
  if (typeof text !== 'string' || !text.startsWith(MARK) || text.length > MOST) return undefined;
  const json = Buffer.from(text.slice(MARK.length), 'base64url').toString('utf8');
  if (structure.problem(json) !== undefined) return undefined;
  try {
    const blocks: unknown = JSON.parse(json);
    return Array.isArray(blocks) && blocks.every(isThought) ? blocks : undefined;
  } catch (error) {
    if (error instanceof SyntaxError) return undefined;
    throw error;
  }
}

const isThought = (block: unknown): boolean =>
  typeof block === 'object' &&
  block !== null &&
  ['thinking', 'redacted_thinking'].includes((block as { type?: string }).type ?? '');
