import type { Cut } from './session.js';

/** A message as clients of the family read it. */
export interface ChatText {
  readonly role: 'user' | 'assistant';
  readonly content: readonly { readonly type: 'text'; readonly text: string }[];
  /** Milliseconds since the epoch. */
  readonly timestamp: number;
}

/** What every event of a run says; `seq` counts the events of the run. */
interface OfRun {
  readonly runId: string;
  readonly sessionKey: string;
  readonly agentId: string;
  readonly seq: number;
}

/** What kind of failure it was, in the closed list of the family. */
export type ErrorKind = 'timeout' | 'rate_limit' | 'context_length' | 'refusal' | 'unknown';

/** The event `chat` (protocol 4 and the one before it): an answer as it comes, and how it ended. */
export type ChatEvent =
  /** `message` holds all of the answer so far, `deltaText` what is new in it: clients read one or the other. */
  | (OfRun & { readonly state: 'delta'; readonly deltaText: string; readonly message: ChatText })
  | (OfRun & {
      readonly state: 'final';
      readonly message: ChatText;
      readonly stopReason?: string;
      readonly usage?: { readonly input: number; readonly output: number; readonly totalTokens: number };
    })
  | (OfRun & { readonly state: 'aborted'; readonly message?: ChatText; readonly stopReason: Cut })
  | (OfRun & {
      readonly state: 'error';
      readonly message?: ChatText;
      readonly errorMessage: string;
      readonly errorKind: ErrorKind;
    });

export function chatText(role: ChatText['role'], text: string, timestamp: number): ChatText {
  return { role, content: [{ type: 'text', text }], timestamp };
}
