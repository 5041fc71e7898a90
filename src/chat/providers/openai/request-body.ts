import type { ModelCall } from '../../model-call.js';
import { topLevel } from './top-level.js';

const USAGE_WANTED = '"stream_options":{"include_usage":true}';

/**
 * The body with another `model` and nothing else changed: cut into the bytes that came, so that numbers, order and
 * spaces stay as the caller wrote them.
 */
export function withModel({ body, raw }: Pick<ModelCall, 'body' | 'raw'>, model: string): Buffer {
  const span = raw && topLevel(raw)?.members.filter(({ key }) => key === 'model');
  if (!raw || span?.length !== 1) return Buffer.from(JSON.stringify({ ...body, model }), 'utf8');
  const { from, to } = span[0]!;
  return Buffer.concat([raw.subarray(0, from), Buffer.from(JSON.stringify(model), 'utf8'), raw.subarray(to)]);
}

/** The body with the wish to be told the usage of a stream; `body` is what `bytes` say. */
export function withStreamUsage(bytes: Buffer, body: Readonly<Record<string, unknown>>): Buffer {
  const { members, end } = topLevel(bytes) ?? {};
  if (!members || end === undefined) return bytes;
  const options = members.filter(({ key }) => key === 'stream_options');
  if (options.length === 0) {
    const comma = members.length === 0 ? '' : ',';
    return Buffer.concat([bytes.subarray(0, end), Buffer.from(comma + USAGE_WANTED), bytes.subarray(end)]);
  }
  const wanted = { ...(body.stream_options as object | null), include_usage: true };
  const { from, to } = options.at(-1)!;
  return Buffer.concat([bytes.subarray(0, from), Buffer.from(JSON.stringify(wanted), 'utf8'), bytes.subarray(to)]);
}
