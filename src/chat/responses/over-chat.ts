import { Trouble } from '../forwarding/trouble.js';
import type { ModelCall } from '../model-call.js';
import type { Exchange } from '../providers/dialect.js';
import { type Completion, responseOf } from './answer.js';
import { inCallersFields } from './caller-fields.js';
import { chatRequest } from './request.js';
import type { ResponseHead } from './response.js';
import { ResponsesReader } from './responses-reader.js';
import type { ResponsesRequest } from './wire.js';

/**
 * A call to `responses` of a provider that knows only chats: `chat` makes of the chat that is asked instead what goes to
 * the provider, and both ends of that are translated. Throws Refused('invalid_request') naming the field for what a chat
 * cannot say. `createdAt` in seconds since the epoch.
 */
export function responsesOverChat(
  call: ModelCall,
  createdAt: number,
  chat: (call: ModelCall) => Exchange | undefined,
): Exchange | undefined {
  const request = call.body as ResponsesRequest;
  const body = chatRequest({ ...request, stream: call.isStream });
  const exchange = asked(
    () => chat({ ...call, endpoint: 'chat/completions', body, raw: undefined, readsUsage: true }),
    request,
  );
  if (!exchange) return undefined;
  return translated(exchange, { id: `resp_${call.requestId.replaceAll('-', '')}`, createdAt, request });
}

/** The caller has never seen the chat that cannot be asked. */
function asked(chat: () => Exchange | undefined, request: ResponsesRequest): Exchange | undefined {
  try {
    return chat();
  } catch (error) {
    throw inCallersFields(error, request);
  }
}

function translated(exchange: Exchange, head: ResponseHead): Exchange {
  return {
    ...exchange,

    whole(bytes, redaction) {
      const answer = exchange.whole(bytes, redaction);
      if (answer instanceof Trouble) return answer;
      const response = responseOf(JSON.parse(answer.body.toString('utf8')) as Completion, head);
      return { ...answer, body: Buffer.from(JSON.stringify(response), 'utf8') };
    },

    instead(trouble) {
      const other = exchange.instead?.(trouble);
      return other && translated(other, head);
    },

    events: (redaction) => new ResponsesReader(exchange, redaction, head),
  };
}
