import type { Owned } from './session-owner.js';
import type { SessionName } from './session-key.js';

/** A stored conversation, without what was said in it. */
export interface Session extends SessionName, Owned {
  readonly id: string;
  /** Another one after each reset. */
  readonly conversationId: string;
  readonly label: string | null;
  /** `provider/model`, where one was chosen for it. */
  readonly model: string | null;
  /** The profile that was chosen with it. */
  readonly profile: string | null;
  readonly inputTokens: number;
  readonly outputTokens: number;
  readonly createdAt: Date;
  readonly updatedAt: Date;
  /** What opens its messages, sealed; null where they are not sealed. */
  readonly keySealed: string | null;
  readonly sealedWith: string | null;
}

/** What decides which models a session may ask, and which it asks. */
export type SessionChoice = Pick<Session, 'tenantId' | 'agent' | 'model' | 'profile'>;

/** Why an answer is not whole. */
export type Cut = 'aborted' | 'revoked' | 'expired' | 'timeout' | 'shutdown' | 'reset' | 'error';

/** What is kept of a message. */
export interface Said {
  readonly text: string;
  /** What came with it; what is in them is not kept. */
  readonly attachments?: readonly string[];
  /** `provider/model` that answered. */
  readonly model?: string;
  readonly stopReason?: string;
  readonly cut?: Cut;
  readonly usage?: { readonly input: number; readonly output: number; readonly cost?: number };
}

/** A message of a conversation. */
export interface Message {
  readonly id: string;
  /** Grows within its session; numbers may be missing. */
  readonly seq: number;
  readonly runId: string;
  readonly role: 'user' | 'assistant';
  /** A command is between a person and the gateway: no model reads it. */
  readonly kind: 'message' | 'command';
  readonly createdAt: Date;
  readonly said: Said;
}

/** A message that is to be kept. */
export type NewMessage = Pick<Message, 'runId' | 'role' | 'kind' | 'said'>;
