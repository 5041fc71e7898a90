import { type Asked, StandIn, type StandInAnswer, type StandInOptions } from './stand-in.js';

export interface OpenAiUsage {
  readonly prompt?: number;
  readonly completion?: number;
  readonly cached?: number;
}

const DEFAULT_TEXT = 'Grüße vom Modell 🦞';

/** A provider that speaks as OpenAI does: chat (whole and streamed), embeddings, responses, models. */
export class StandInOpenAi extends StandIn {
  static async start(options: StandInOptions = {}): Promise<StandInOpenAi> {
    const [server, scheme] = await StandIn.listen(options);
    return new StandInOpenAi(server, scheme, usual);
  }
}

function usual(asked: Asked): StandInAnswer {
  const model = String(asked.json?.model ?? '');
  switch (asked.path.replace(/^\/v1/, '').split('?')[0]) {
    case '/chat/completions':
      if (asked.json?.stream !== true) return { body: openAiCompletion(DEFAULT_TEXT, model) };
      return { body: openAiEvents(DEFAULT_TEXT, model, { usage: asked.json?.stream_options?.include_usage === true }) };
    case '/embeddings':
      return { body: openAiEmbeddings(asked.json?.input, model) };
    case '/responses':
      return asked.json?.stream === true
        ? { body: openAiResponseEvents(DEFAULT_TEXT, model) }
        : { body: openAiResponse(DEFAULT_TEXT, model) };
    case '/models':
      return {
        body: { object: 'list', data: [{ id: 'gpt-test', object: 'model', created: 1, owned_by: 'stand-in' }] },
      };
    default:
      return openAiError(404, `Invalid URL (${asked.method} ${asked.path})`, { type: 'invalid_request_error' });
  }
}

/** An error as OpenAI writes it. */
export function openAiError(
  status: number,
  message: string,
  {
    type = 'invalid_request_error',
    code = null,
    param = null,
    headers = {},
  }: { type?: string; code?: string | null; param?: string | null; headers?: Record<string, string> } = {},
): StandInAnswer {
  return { status, headers, body: { error: { message, type, param, code } } };
}

export function openAiUsage({ prompt = 9, completion = 12, cached = 0 }: OpenAiUsage = {}): Record<string, unknown> {
  return {
    prompt_tokens: prompt,
    completion_tokens: completion,
    total_tokens: prompt + completion,
    prompt_tokens_details: { cached_tokens: cached },
  };
}

/** A whole `chat.completion`. */
export function openAiCompletion(text: string, model: string, usage?: OpenAiUsage): Record<string, unknown> {
  return {
    id: 'chatcmpl-stand-in',
    object: 'chat.completion',
    created: 1_790_000_000,
    model,
    choices: [{ index: 0, message: { role: 'assistant', content: text }, logprobs: null, finish_reason: 'stop' }],
    usage: openAiUsage(usage),
  };
}

/** The events of a streamed chat, one chunk for each word; with the chunk of usage when it was asked for. */
export function openAiEvents(
  text: string,
  model: string,
  { usage = false }: { usage?: boolean | OpenAiUsage } = {},
): string {
  const head = { id: 'chatcmpl-stand-in', object: 'chat.completion.chunk', created: 1_790_000_000, model };
  const rest = usage === false ? {} : { usage: null };
  const chunk = (delta: object, finish: string | null = null): object => ({
    ...head,
    choices: [{ index: 0, delta, logprobs: null, finish_reason: finish }],
    ...rest,
  });
  const chunks: object[] = [
    chunk({ role: 'assistant', content: '' }),
    ...(text.match(/\s*\S+/g) ?? []).map((content) => chunk({ content })),
    chunk({}, 'stop'),
  ];
  if (usage !== false) chunks.push({ ...head, choices: [], usage: openAiUsage(usage === true ? {} : usage) });
  return chunks.map((one) => `data: ${JSON.stringify(one)}\n\n`).join('') + 'data: [DONE]\n\n';
}

/** The events of a streamed call of one tool. */
export function openAiToolEvents(name: string, args: string, model: string): string {
  const head = { id: 'chatcmpl-stand-in', object: 'chat.completion.chunk', created: 1_790_000_000, model };
  const chunk = (delta: object, finish: string | null = null): string =>
    `data: ${JSON.stringify({ ...head, choices: [{ index: 0, delta, logprobs: null, finish_reason: finish }] })}\n\n`;
  const pieces = args.match(/.{1,5}/gs) ?? [];
  return [
    chunk({
      role: 'assistant',
      content: null,
      tool_calls: [{ index: 0, id: 'call_1', type: 'function', function: { name, arguments: '' } }],
    }),
    ...pieces.map((piece) => chunk({ tool_calls: [{ index: 0, function: { arguments: piece } }] })),
    chunk({}, 'tool_calls'),
    'data: [DONE]\n\n',
  ].join('');
}

export function openAiEmbeddings(input: unknown, model: string): Record<string, unknown> {
  const inputs = Array.isArray(input) ? input : [input];
  return {
    object: 'list',
    data: inputs.map((_, index) => ({ object: 'embedding', index, embedding: [0.25, -0.5, 0.125] })),
    model,
    usage: { prompt_tokens: 8, total_tokens: 8 },
  };
}

/** A whole answer of the Responses API. */
export function openAiResponse(text: string, model: string, status = 'completed'): Record<string, unknown> {
  return {
    id: 'resp_stand_in',
    object: 'response',
    created_at: 1_790_000_000,
    status,
    model,
    output: [
      {
        type: 'message',
        id: 'msg_1',
        status,
        role: 'assistant',
        content: [{ type: 'output_text', text, annotations: [] }],
      },
    ],
    usage: {
      input_tokens: 9,
      input_tokens_details: { cached_tokens: 4 },
      output_tokens: 12,
      output_tokens_details: { reasoning_tokens: 0 },
      total_tokens: 21,
    },
  };
}

/** The events of a streamed answer of the Responses API. There is no `[DONE]` in it. */
export function openAiResponseEvents(text: string, model: string): string {
  const whole = openAiResponse(text, model);
  const events = [
    { type: 'response.created', response: { ...whole, status: 'in_progress', output: [], usage: null } },
    ...(text.match(/\s*\S+/g) ?? []).map((delta) => ({
      type: 'response.output_text.delta',
      item_id: 'msg_1',
      output_index: 0,
      content_index: 0,
      delta,
    })),
    { type: 'response.output_text.done', item_id: 'msg_1', output_index: 0, content_index: 0, text },
    { type: 'response.completed', response: whole },
  ];
  return events
    .map((event, index) => `event: ${event.type}\ndata: ${JSON.stringify({ ...event, sequence_number: index })}\n\n`)
    .join('');
}
