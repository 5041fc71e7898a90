import { errorText } from '../../forwarding/error-text.js';
import { Trouble } from '../../forwarding/trouble.js';
import type { ProviderDialect } from '../dialect.js';
import { PassThroughReader } from './pass-through.js';
import { withModel, withStreamUsage } from './request-body.js';
import { tokensIn } from './usage.js';

/** A body that is an error in spite of its status, as routers of providers write it. */
const ERROR_BODY = /^\s*\{\s*"error"\s*:\s*[{"]/;
const HEAD = 64;

/** OpenAI's own API and all that speak as it does: what came goes on byte for byte, and so does what comes back. */
export const openAi: ProviderDialect = {
  id: 'openai',

  exchange(call, { model }) {
    const plain = withModel(call, model);
    // Streams of chats tell their usage only when asked to; what was not asked for is taken out again.
    const counts = call.isStream && call.endpoint === 'chat/completions' && !asksForUsage(call.body);
    return {
      path: call.endpoint,
      body: counts ? withStreamUsage(plain, call.body) : plain,

      whole(body, redaction) {
        if (ERROR_BODY.test(body.toString('latin1', 0, HEAD))) {
          return new Trouble(statusIn(body), errorText(body, redaction) ?? 'answers with an error that says nothing');
        }
        const tokens = tokensIn(body);
        return { body: redaction.bytes(body), ...(tokens && { tokens }) };
      },

      events: (redaction) => new PassThroughReader(redaction, counts),
    };
  },
};

function asksForUsage({ stream_options: options }: Readonly<Record<string, unknown>>): boolean {
  return (options as { include_usage?: unknown } | null | undefined)?.include_usage === true;
}

function statusIn(body: Buffer): number {
  return Number(/"(?:code|status)"\s*:\s*"?([45]\d\d)\b/.exec(body.toString('utf8'))?.[1] ?? 500);
}
