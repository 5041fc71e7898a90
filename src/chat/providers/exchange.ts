import type { ModelProvider } from '../../credentials/model-providers.js';
import type { ModelCall } from '../model-call.js';
import { responsesOverChat } from '../responses/over-chat.js';
import type { Exchange, Target } from './dialect.js';
import { dialectOf } from './index.js';

/**
 * A call in the words of a provider: its dialect, and for a provider without an API of responses a chat in place of
 * one. Undefined when it has nothing that answers to the endpoint; throws Refused('invalid_request').
 */
export function exchangeWith(provider: ModelProvider, call: ModelCall, target: Target): Exchange | undefined {
  const ask = (asked: ModelCall): Exchange | undefined => dialectOf(provider.dialect).exchange(asked, target);
  if (call.endpoint !== 'responses' || provider.knowsResponses) return ask(call);
  return responsesOverChat(call, target.created, ask);
}
