import { parsed } from '../../forwarding/error-text.js';
import { unusable } from '../../forwarding/trouble.js';
import type { ChatRequest } from '../../completion.js';
import type { ProviderDialect } from '../dialect.js';
import { chatCompletion } from './answer.js';
import { AnthropicReader } from './reader.js';
import { anthropicRequest } from './request.js';
import { thinkingBudget } from './thinking.js';
import { anthropicTokens } from './tokens.js';
import type { AnthropicMessage } from './wire.js';

/** What every model of the provider can answer at length, in tokens; older ones no more than half of it. */
const LONGEST = 8192;
const LONGEST_OF_OLD = 4096;
const OLD = /claude-(2|instant|3-(opus|sonnet|haiku))/;

/** Anthropic's Messages API, in which a chat is translated both ways. */
export const anthropic: ProviderDialect = {
  id: 'anthropic',

  exchange({ endpoint, body, requestId, isStream, readsUsage }, { model, entry, created }) {
    if (endpoint !== 'chat/completions') return undefined;
    const request = body as ChatRequest;
    const maxTokens = entry?.maxTokens ?? (OLD.test(model) ? LONGEST_OF_OLD : LONGEST);
    const head = { id: `chatcmpl-${requestId}`, created, model };
    const asked = anthropicRequest({ ...request, stream: isStream }, { model, maxTokens });
    const includeUsage = readsUsage ?? request.stream_options?.include_usage === true;
    return {
      path: 'messages',
      body: JSON.stringify(asked),

      whole(bytes, redaction) {
        const message = parsed(bytes.toString('utf8'));
        if (!isMessage(message)) return unusable('answers with something that is no message');
        const answer = Buffer.from(JSON.stringify(chatCompletion(message, head)), 'utf8');
        const tokens = anthropicTokens(message.usage);
        return { body: redaction.bytes(answer), ...(tokens && { tokens }) };
      },

      events: (redaction) => new AnthropicReader(head, includeUsage, redaction),
    };
  },

  beyondBound({ reasoning_effort: effort, reasoning }) {
    return thinkingBudget(effort ?? (reasoning as { effort?: unknown } | null | undefined)?.effort) ?? 0;
  },
};

function isMessage(value: unknown): value is AnthropicMessage {
  const { content, usage } = (value ?? {}) as Partial<AnthropicMessage>;
  return Array.isArray(content) && typeof usage === 'object' && usage !== null;
}
