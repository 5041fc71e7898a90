import type { ChatRequest } from '../../completion.js';
import type { Redaction } from '../../forwarding/redaction.js';
import { Trouble, unusable } from '../../forwarding/trouble.js';
import { BrokenStream } from '../../sse.js';
import type { ProviderDialect, WholeAnswer } from '../dialect.js';
import { ChatChunks } from './chat-chunks.js';
import { responsesRequest } from './chat-request.js';
import { tokensOf } from './outcome.js';
import { CodexReader } from './reader.js';
import { backendRequest } from './request.js';
import { completionOf, responseIn } from './whole.js';
import type { BackendResponse } from './wire.js';

/**
 * What ChatGPT's subscriptions are asked through: the Responses API and nothing else, always as a stream. Chats are
 * translated both ways.
 */
export const codex: ProviderDialect = {
  id: 'codex',

  exchange({ endpoint, body, requestId, readsUsage }, { model, created }) {
    if (endpoint === 'embeddings') return undefined;
    const head = { id: `chatcmpl-${requestId}`, created, model };
    const isChat = endpoint === 'chat/completions';
    const chat = body as ChatRequest;
    const asked = backendRequest(isChat ? responsesRequest(chat) : body, model);
    const includeUsage = readsUsage ?? chat.stream_options?.include_usage === true;
    return {
      path: 'responses',
      body: JSON.stringify(asked),
      answersInEvents: true,

      whole: (bytes, redaction) =>
        whole(bytes, redaction, (response) => (isChat ? completionOf(response, head) : response)),

      events: (redaction) => new CodexReader(redaction, isChat ? new ChatChunks(head, includeUsage) : undefined),
    };
  },
};

function whole(
  bytes: Buffer,
  redaction: Redaction,
  said: (response: BackendResponse) => object,
): WholeAnswer | Trouble {
  let response: BackendResponse | Trouble;
  try {
    response = responseIn(bytes, redaction);
  } catch (error) {
    if (!(error instanceof BrokenStream) && !(error instanceof SyntaxError)) throw error;
    return unusable('sends what nobody can read');
  }
  if (response instanceof Trouble) return response;
  const tokens = tokensOf(response);
  const body = redaction.bytes(Buffer.from(JSON.stringify(said(response)), 'utf8'));
  return { body, ...(tokens && { tokens }) };
}
