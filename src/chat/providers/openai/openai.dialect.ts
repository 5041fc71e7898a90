import type { ModelProvider } from '../../../credentials/model-providers.js';
import { errorText, paramOf, parsed } from '../../forwarding/error-text.js';
import { Trouble, unusable } from '../../forwarding/trouble.js';
import type { Exchange, ProviderDialect } from '../dialect.js';
import { PassThroughReader } from './pass-through.js';
import { requestBody } from './request-body.js';
import { tokensIn } from './usage.js';

/** A body that is an error in spite of its status, as routers of providers write it. */
const ERROR_BODY = /^\s*\{\s*"error"\s*:\s*[{"]/;
const HEAD = 64;

const OPENING = 0x7b;
const CLOSING = 0x7d;
const BYTE_ORDER_MARK = Buffer.from('\uFEFF');

/** The status of a request that is refused for one of its fields. */
const REFUSED_FIELD: ReadonlySet<number> = new Set([400, 422]);

/** Providers that will not be asked for the usage of a stream: some refuse every field that they do not know. */
const silent = new WeakSet<ModelProvider>();

/** OpenAI's own API and all that speak as it does: what came goes on byte for byte, and so does what comes back. */
export const openAi: ProviderDialect = {
  id: 'openai',

  exchange(call, { model, provider }) {
    // Streams of chats tell their usage only when asked to; what nobody wants is taken out again.
    const counts = call.isStream && call.endpoint === 'chat/completions' && !asksForUsage(call.body);
    const plain = (): Exchange => exchangeOf(call.endpoint, requestBody(call, model, false), false);
    if (!counts || (provider && silent.has(provider))) return plain();
    return {
      ...exchangeOf(call.endpoint, requestBody(call, model, true), !call.readsUsage),

      instead({ status, message }) {
        if (!REFUSED_FIELD.has(status) || !message.includes('stream_options')) return undefined;
        // What the caller has said of it, the caller shall hear of.
        if (call.body.stream_options !== undefined) return undefined;
        if (provider) silent.add(provider);
        return plain();
      },
    };
  },
};

function exchangeOf(path: string, body: Buffer, takesUsage: boolean): Exchange {
  return {
    path,
    body,

    whole(bytes, redaction) {
      if (ERROR_BODY.test(bytes.toString('latin1', 0, HEAD))) {
        const words = errorText(bytes, redaction) ?? 'answers with an error that says nothing';
        return new Trouble(statusIn(bytes), words, { param: paramOf(parsed(bytes.toString('utf8')), redaction) });
      }
      if (bytes.byteLength === 0) return unusable('answers with nothing');
      if (!isObject(bytes)) return unusable('answers with half a JSON, or none');
      const tokens = tokensIn(bytes);
      return { body: redaction.bytes(bytes), ...(tokens && { tokens }) };
    },

    events: (redaction) => new PassThroughReader(redaction, takesUsage),
  };
}

/** By its first and its last byte: to parse all of it would cost more than to pass it on. */
function isObject(bytes: Buffer): boolean {
  let from = bytes.subarray(0, 3).equals(BYTE_ORDER_MARK) ? 3 : 0;
  let to = bytes.byteLength - 1;
  while (isSpace(bytes[from])) from += 1;
  while (isSpace(bytes[to])) to -= 1;
  return bytes[from] === OPENING && bytes[to] === CLOSING && from < to;
}

const isSpace = (byte: number | undefined): boolean => byte === 0x20 || byte === 0x0a || byte === 0x0d || byte === 0x09;

function asksForUsage({ stream_options: options }: Readonly<Record<string, unknown>>): boolean {
  return (options as { include_usage?: unknown } | null | undefined)?.include_usage === true;
}

function statusIn(body: Buffer): number {
  return Number(/"(?:code|status)"\s*:\s*"?([45]\d\d)\b/.exec(body.toString('utf8'))?.[1] ?? 500);
}
