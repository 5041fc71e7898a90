import type { Dialect } from '../../credentials/dialects.js';
import type { ModelProvider } from '../../credentials/model-providers.js';
import type { ModelEntry } from '../../credentials/models.settings.js';
import type { Redaction } from '../forwarding/redaction.js';
import type { Tokens } from '../forwarding/tokens.js';
import type { Trouble } from '../forwarding/trouble.js';
import type { ModelCall } from '../model-call.js';

/** How one kind of provider is spoken to. One more = one file and one line in index.ts. */
export interface ProviderDialect {
  readonly id: Dialect;
  /**
   * A call in its words; undefined when it has nothing that answers to the endpoint. Throws Refused('invalid_request')
   * naming the field for what cannot be said to it.
   */
  exchange(call: ModelCall, target: Target): Exchange | undefined;
  /** How many tokens an answer may take beyond the bound that the request sets. */
  beyondBound?(body: Readonly<Record<string, unknown>>): number;
}

/** Which model is asked. */
export interface Target {
  /** Whose it is; the same object for as long as the configuration is. */
  readonly provider?: ModelProvider;
  /** As the provider names it. */
  readonly model: string;
  /** What the configuration says about it. */
  readonly entry?: ModelEntry;
  /** Seconds since the epoch. */
  readonly created: number;
}

/** One request and how its answer is read. */
export interface Exchange {
  /** Beneath the base URL, without a slash before it. Nothing of the caller's is in it (S186). */
  readonly path: string;
  readonly body: Buffer | string;
  /** The provider answers with a stream of events whatever is asked: `whole` is given all of it. */
  readonly answersInEvents?: true;
  /** A whole answer of status 2xx. */
  whole(body: Buffer, redaction: Redaction): WholeAnswer | Trouble;
  /** Another way to say the same, where the provider has refused this one for something that only we have added. */
  instead?(trouble: Trouble): Exchange | undefined;
  /** A reader for one streamed answer. */
  events(redaction: Redaction): AnswerReader;
}

export interface WholeAnswer {
  readonly body: Buffer;
  /** As the provider counted them; undefined when it did not. */
  readonly tokens?: Tokens;
}

/** Reads one streamed answer piece by piece. Throws BrokenStream (or anything else) for what is no such stream. */
export interface AnswerReader {
  /** What goes on to the caller now; undefined for nothing yet. */
  push(piece: Buffer): Buffer | string | undefined;
  /** The provider has ended. What is left goes on. */
  end(): Buffer | string | undefined;
  /** The provider's own error, said inside the stream: nothing follows it. */
  readonly trouble: Trouble | undefined;
  /** As the provider counted them, so far. */
  readonly tokens: Tokens | undefined;
  /** How many pieces of an answer there were: about as many as tokens, where nobody counts. */
  readonly pieces: number;
}
