import type { ModelCall } from '../../model-call.js';
import { topLevel } from './top-level.js';

/** A part of the caller's bytes and what stands there instead. */
interface Change {
  readonly from: number;
  readonly to: number;
  readonly text: string;
}

/**
 * The body that a provider is sent: with another `model`, with the wish to be told the usage of a stream where
 * `wantsUsage`, and nothing else changed: cut into the bytes that came, so that numbers, order and spaces stay as the
 * caller wrote them.
 */
export function requestBody(
  { body, raw }: Pick<ModelCall, 'body' | 'raw'>,
  model: string,
  wantsUsage: boolean,
): Buffer {
  const top = raw && topLevel(raw);
  const named = top?.members.filter(({ key }) => key === 'model') ?? [];
  if (!raw || !top || named.length !== 1) {
    const said = { ...body, model, ...(wantsUsage && { stream_options: withUsage(body.stream_options) }) };
    return Buffer.from(JSON.stringify(said), 'utf8');
  }
  const { from, to } = named[0]!;
  const changes: Change[] = [{ from, to, text: JSON.stringify(model) }];
  if (wantsUsage) {
    const options = top.members.find(({ key }) => key === 'stream_options');
    const wanted = JSON.stringify(withUsage(body.stream_options));
    if (options) changes.push({ from: options.from, to: options.to, text: wanted });
    else changes.push({ from: top.end, to: top.end, text: `,"stream_options":${wanted}` });
  }
  return changed(raw, changes);
}

const withUsage = (options: unknown): object => ({ ...(options as object | null | undefined), include_usage: true });

function changed(raw: Buffer, changes: readonly Change[]): Buffer {
  const parts: Buffer[] = [];
  let at = 0;
  for (const { from, to, text } of changes.toSorted((one, other) => one.from - other.from)) {
    parts.push(raw.subarray(at, from), Buffer.from(text, 'utf8'));
    at = to;
  }
  return Buffer.concat([...parts, raw.subarray(at)]);
}
