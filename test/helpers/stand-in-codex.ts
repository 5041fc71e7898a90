import { type Asked, StandIn, type StandInAnswer, type StandInOptions } from './stand-in.js';

/** What the backend takes; it answers 400 to whatever else a request holds. */
const FIELDS = new Set([
  'model',
  'instructions',
  'input',
  'tools',
  'tool_choice',
  'parallel_tool_calls',
  'reasoning',
  'text',
  'include',
  'prompt_cache_key',
  'store',
  'stream',
]);

/** The backend of ChatGPT's subscriptions, as far as it is known: responses alone, streamed, never stored. */
export class StandInCodex extends StandIn {
  static async start(options: StandInOptions = {}): Promise<StandInCodex> {
    const [server, scheme] = await StandIn.listen(options);
    return new StandInCodex(server, scheme, (asked) => answerTo(asked));
  }

  override get baseUrl(): string {
    return `${this.origin}/backend-api/codex`;
  }
}

function answerTo({ path, headers, json }: Asked): StandInAnswer {
  const refuse = (status: number, detail: string): StandInAnswer => ({ status, body: { detail } });
  if (path !== '/backend-api/codex/responses') return refuse(404, 'Not Found');
  if (headers['chatgpt-account-id'] === undefined) return refuse(401, 'Unauthorized');
  if (json.store !== false) return refuse(400, 'Store must be set to false');
  if (json.stream !== true) return refuse(400, 'Stream must be set to true');
  if (!json.instructions) return refuse(400, 'Instructions are required');
  if (!Array.isArray(json.input)) return refuse(400, 'Input must be a list');
  const strange = Object.keys(json as object).find((field) => !FIELDS.has(field));
  if (strange !== undefined) return refuse(400, `Unsupported parameter: ${strange}`);
  return { body: codexEvents('Grüße vom Modell 🦞') };
}

const USAGE = { input_tokens: 9, input_tokens_details: { cached_tokens: 4 }, output_tokens: 12, total_tokens: 21 };

const wire = (events: readonly { type: string; [field: string]: unknown }[]): string =>
  events.map((event, at) => frame({ sequence_number: at, ...event })).join('');

const frame = (event: { type: string; [field: string]: unknown }): string =>
  `event: ${event.type}\ndata: ${JSON.stringify(event)}\n\n`;

/** Text as it comes; the last event leaves out what was said, as the backend's does. */
export function codexEvents(text: string, end = 'response.completed', more: object = {}): string {
  const part = { type: 'output_text', text, annotations: [] };
  const item = { id: 'msg_1', type: 'message', role: 'assistant', status: 'completed', content: [part] };
  const place = { item_id: 'msg_1', output_index: 0, content_index: 0 };
  return wire([
    { type: 'response.created', response: { id: 'resp_1', status: 'in_progress', output: [] } },
    { type: 'response.output_item.added', output_index: 0, item: { ...item, status: 'in_progress', content: [] } },
    { type: 'response.content_part.added', ...place, part: { ...part, text: '' } },
    ...[...text].map((delta) => ({ type: 'response.output_text.delta', ...place, delta })),
    { type: 'response.output_text.done', ...place, text },
    { type: 'response.content_part.done', ...place, part },
    { type: 'response.output_item.done', output_index: 0, item },
    {
      type: end,
      response: { id: 'resp_1', object: 'response', status: 'completed', output: [], usage: USAGE, ...more },
    },
  ]);
}

/** Thoughts, then a call of a function. */
export function codexCallEvents(name: string, given: string): string {
  const call = { id: 'fc_1', type: 'function_call', call_id: 'call_1', name, status: 'completed' };
  const thoughts = { id: 'rs_1', type: 'reasoning', summary: [{ type: 'summary_text', text: 'Hm.' }] };
  return wire([
    { type: 'response.created', response: { id: 'resp_1', status: 'in_progress', output: [] } },
    { type: 'response.output_item.added', output_index: 0, item: { ...thoughts, summary: [] } },
    { type: 'response.reasoning_summary_text.delta', item_id: 'rs_1', output_index: 0, summary_index: 0, delta: 'Hm.' },
    { type: 'response.output_item.done', output_index: 0, item: thoughts },
    { type: 'response.output_item.added', output_index: 1, item: { ...call, arguments: '' } },
    ...[...given].map((delta) => ({
      type: 'response.function_call_arguments.delta',
      item_id: 'fc_1',
      output_index: 1,
      delta,
    })),
    { type: 'response.function_call_arguments.done', item_id: 'fc_1', output_index: 1, arguments: given },
    { type: 'response.output_item.done', output_index: 1, item: { ...call, arguments: given } },
    { type: 'response.completed', response: { id: 'resp_1', status: 'completed', output: [], usage: USAGE } },
  ]);
}
