import type { Readable } from 'node:stream';
import type { ConfigSnapshot } from '../config/settings.js';
import type { Identity } from '../kernel/identity.js';
import type { ModelRef } from '../credentials/model-ref.js';
import type { CallSignal } from './call-signal.js';

/** What of the model API goes to a provider, named as its path there. */
export type Endpoint = 'chat/completions' | 'embeddings' | 'responses';

/** One call to a model, as an edge hands it over; who calls, and whether they may, was judged before. */
export interface ModelCall {
  readonly caller: Identity;
  readonly requestId: string;
  readonly endpoint: Endpoint;
  /** The id of an agent: whose credentials are used. */
  readonly agent: string;
  /** The first choice, then the fallbacks, all of them permitted already. Never empty. */
  readonly models: readonly ModelRef[];
  /** The profile that a person chose for the session: no other of its provider is tried. */
  readonly pin?: string;
  /** Session key, for accounting. */
  readonly session?: string;
  /** Parsed and checked by the edge; `model` in it is replaced by what the provider calls the model. */
  readonly body: Readonly<Record<string, unknown>>;
  /** The bytes that `body` was parsed from, where it was not changed since: they travel as they are, but for `model`. */
  readonly raw?: Buffer;
  /** Whether the answer is to come as events, piece by piece. */
  readonly isStream: boolean;
  /** The usage of a stream is read on the way: it is to come as a last chunk, though the body does not ask for it. */
  readonly readsUsage?: true;
  readonly config: ConfigSnapshot;
  /** Aborted when nobody waits any longer: the caller is gone, or the credential has ended. Ends the call upstream at once. */
  readonly signal: CallSignal;
}

/** Events as they come. */
export interface StreamedBody extends Readable {
  /** Nothing comes after what was pushed last: known before `end`, so that a writer can close with the last piece. */
  readonly isLast?: boolean;
}

/** What a provider answered, in the shape of OpenAI's API and safe to be sent on as it is. */
export interface ModelAnswer {
  readonly status: number;
  /** Lower-case names; an allow list, with nothing in it that tells of a credential. */
  readonly headers: Readonly<Record<string, string>>;
  /** Who answered. */
  readonly model: ModelRef;
  /** Where the credential came from, in words; never its value. */
  readonly source: string;
  /** What was tried, in order, the one that answered last. */
  readonly tried: readonly Tried[];
  /**
   * Everything at once, or `text/event-stream` as it comes, ending in `data: [DONE]` for chats. A stream that breaks
   * off ends with one event `{"error":{…}}` and without `[DONE]`; it never emits `error` but for an aborted `signal`.
   */
  readonly body: StreamedBody | Buffer;
  /** Settles when the answer is over; undefined when nothing is known to have been used. Never rejects. */
  readonly usage: Promise<TokenUsage | undefined>;
}

/** One candidate of one model and what came of it: `succeeded`, or a kind of failure. It never holds a value. */
export interface Tried {
  /** `provider/model`. */
  readonly model: string;
  readonly candidate: string;
  readonly outcome: string;
}

/** In tokens; `cachedInput` is part of `input`. */
export interface TokenUsage {
  readonly input: number;
  readonly output: number;
  readonly cachedInput: number;
  /** US dollars, where the model's entry in the configuration says what it costs. */
  readonly cost?: number;
}
