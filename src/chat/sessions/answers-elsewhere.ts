import { Inject, Injectable, type OnModuleInit } from '@nestjs/common';
import { LOG, type Log } from '../../kernel/log.js';
import { Changes } from '../../storage/changes.js';
import { Replicas } from '../../storage/replicas.js';
import { type ChatEvent, chatText } from './chat-event.js';
import { ChatRuns } from './chat-runs.js';
import { MessageRows } from './message-rows.js';
import type { Message, Session } from './session.js';
import { sessionKeyText } from './session-key.js';

/**
 * Whoever watches a session at this gateway hears how answers ended that came at another one. Not word by word: that
 * would send every word of every answer through the database.
 */
@Injectable()
export class AnswersElsewhere implements OnModuleInit {
  constructor(
    private readonly changes: Changes,
    private readonly replicas: Replicas,
    private readonly messages: MessageRows,
    private readonly runs: ChatRuns,
    @Inject(LOG) private readonly log: Log,
  ) {}

  onModuleInit(): void {
    if (!this.replicas.shared) return;
    this.changes.subscribe(({ kind, id }) => {
      if (kind === 'chat-answer') void this.tell(id);
    });
  }

  private async tell(id: string): Promise<void> {
    try {
      const found = await this.messages.fromElsewhere(id);
      if (found) this.runs.tell(endOf(found.message, found.session), { session: found.session });
    } catch (error) {
      this.log.warn('an answer of another gateway could not be told', { error });
    }
  }
}

/** How an answer ended, as its own gateway said it. */
function endOf({ runId, said, createdAt }: Message, session: Session): ChatEvent {
  const { text, cut, stopReason } = said;
  const message = chatText('assistant', text, createdAt.getTime());
  const run = { runId, sessionKey: sessionKeyText(session), agentId: session.agent, seq: 1, message };
  if (cut === undefined) return { ...run, state: 'final', ...(stopReason !== undefined && { stopReason }) };
  if (cut !== 'timeout' && cut !== 'error') return { ...run, state: 'aborted', stopReason: cut };
  const errorKind = cut === 'timeout' ? 'timeout' : 'unknown';
  return { ...run, state: 'error', errorMessage: 'the answer is not whole', errorKind };
}
