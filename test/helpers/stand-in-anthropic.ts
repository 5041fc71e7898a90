import { type Asked, StandIn, type StandInAnswer, type StandInOptions } from './stand-in.js';

export interface AnthropicStandInUsage {
  readonly input?: number;
  readonly output?: number;
  readonly cacheRead?: number;
  readonly cacheWrite?: number;
}

const DEFAULT_TEXT = 'Grüße vom Modell 🦞';

/** A provider that speaks Anthropic's Messages API (anthropic-version 2023-06-01), whole and streamed. */
export class StandInAnthropic extends StandIn {
  static async start(options: StandInOptions = {}): Promise<StandInAnthropic> {
    const [server, scheme] = await StandIn.listen(options);
    return new StandInAnthropic(server, scheme, usual);
  }
}

function usual(asked: Asked): StandInAnswer {
  if (asked.path !== '/v1/messages') return anthropicError(404, 'not_found_error', `Not found: ${asked.path}`);
  if (asked.headers['anthropic-version'] === undefined) {
    return anthropicError(400, 'invalid_request_error', 'anthropic-version: header is required');
  }
  const model = String(asked.json?.model ?? '');
  return asked.json?.stream === true
    ? { body: anthropicEvents(DEFAULT_TEXT, model) }
    : { body: anthropicMessage(DEFAULT_TEXT, model) };
}

/** An error as Anthropic writes it. */
export function anthropicError(
  status: number,
  type: string,
  message: string,
  headers: Record<string, string> = {},
): StandInAnswer {
  return { status, headers, body: { type: 'error', error: { type, message } } };
}

function usageOf({ input = 9, output = 12, cacheRead = 0, cacheWrite = 0 }: AnthropicStandInUsage): object {
  return {
    input_tokens: input,
    output_tokens: output,
    cache_read_input_tokens: cacheRead,
    cache_creation_input_tokens: cacheWrite,
  };
}

/** A whole message. */
export function anthropicMessage(
  text: string,
  model: string,
  usage: AnthropicStandInUsage = {},
): Record<string, unknown> {
  return {
    id: 'msg_stand_in',
    type: 'message',
    role: 'assistant',
    model,
    content: [{ type: 'text', text }],
    stop_reason: 'end_turn',
    stop_sequence: null,
    usage: usageOf(usage),
  };
}

export type AnthropicContent =
  | { readonly type: 'text'; readonly text: string }
  | { readonly type: 'tool_use'; readonly id: string; readonly name: string; readonly input: object }
  | { readonly type: 'thinking'; readonly thinking: string; readonly signature: string };

/** The documented sequence of events for a text, or for any list of blocks. */
export function anthropicEvents(
  content: string | readonly AnthropicContent[],
  model: string,
  { stop = 'end_turn', usage = {} }: { stop?: string; usage?: AnthropicStandInUsage } = {},
): string {
  const blocks = typeof content === 'string' ? [{ type: 'text', text: content } as const] : content;
  const message = { id: 'msg_stand_in', type: 'message', role: 'assistant', model, content: [], stop_sequence: null };
  return [
    event('message_start', { message: { ...message, stop_reason: null, usage: usageOf({ ...usage, output: 1 }) } }),
    event('ping', {}),
    ...blocks.flatMap((block, index) => [
      event('content_block_start', { index, content_block: begun(block) }),
      ...deltas(block).map((delta) => event('content_block_delta', { index, delta })),
      event('content_block_stop', { index }),
    ]),
    event('message_delta', {
      delta: { stop_reason: stop, stop_sequence: null },
      usage: { output_tokens: usage.output ?? 12 },
    }),
    event('message_stop', {}),
  ].join('');
}

/** One event as Anthropic writes it: its name stands in the data as well. */
export function event(type: string, rest: object): string {
  return `event: ${type}\ndata: ${JSON.stringify({ type, ...rest })}\n\n`;
}

function begun(block: AnthropicContent): object {
  switch (block.type) {
    case 'text':
      return { type: 'text', text: '' };
    case 'tool_use':
      return { ...block, input: {} };
    case 'thinking':
      return { type: 'thinking', thinking: '', signature: '' };
  }
}

function deltas(block: AnthropicContent): object[] {
  switch (block.type) {
    case 'text':
      return (block.text.match(/\s*\S+/g) ?? []).map((text) => ({ type: 'text_delta', text }));
    case 'tool_use':
      return (JSON.stringify(block.input).match(/.{1,5}/gs) ?? []).map((part) => ({
        type: 'input_json_delta',
        partial_json: part,
      }));
    case 'thinking':
      return [
        { type: 'thinking_delta', thinking: block.thinking },
        { type: 'signature_delta', signature: block.signature },
      ];
  }
}
