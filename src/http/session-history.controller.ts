import { Controller, Get, Header, HttpCode, Param, Post, Query } from '@nestjs/common';
import { ApiOkResponse, ApiOperation, ApiTags } from '@nestjs/swagger';
import { Caller, Needs } from '../auth/decorators.js';
import { ChatService } from '../chat/sessions/chat.service.js';
import type { Session } from '../chat/sessions/session.js';
import { SessionViews } from '../chat/sessions/session-views.js';
import { noSession, SessionsService } from '../chat/sessions/sessions.service.js';
import type { Identity } from '../kernel/identity.js';
import { HistoryQuery } from './session.queries.js';
import { SessionHistoryView, SessionKilledView } from './session.views.js';

/** One conversation under the paths of the family. The scopes are those of the methods over WebSocket (S117). */
@ApiTags('sessions')
@Controller('sessions')
export class SessionHistoryController {
  constructor(
    private readonly sessions: SessionsService,
    private readonly chat: ChatService,
    private readonly views: SessionViews,
  ) {}

  @Get(':key/history')
  @Needs('operator.read')
  @Header('Cache-Control', 'no-store')
  @ApiOperation({ summary: 'What was said in a session' })
  @ApiOkResponse({ type: SessionHistoryView })
  async history(
    @Param('key') sessionKey: string,
    @Query() { limit, cursor }: HistoryQuery,
    @Caller() caller: Identity,
  ): Promise<SessionHistoryView> {
    const session = await this.session(sessionKey, caller);
    const before = cursor === undefined ? undefined : Number(cursor);
    const said = await this.sessions.history(session, limit, { before });
    const first = said.messages[0];
    return {
      ...this.views.history(sessionKey, session, said),
      sessionId: session.conversationId,
      nextCursor: said.hasMore && first ? String(first.seq) : null,
    };
  }

  @Post(':key/kill')
  @Needs('operator.write')
  @HttpCode(200)
  @ApiOperation({ summary: 'End the answers that are under way in a session' })
  @ApiOkResponse({ type: SessionKilledView })
  async kill(@Param('key') sessionKey: string, @Caller() caller: Identity): Promise<SessionKilledView> {
    const runIds = await this.chat.abort(await this.session(sessionKey, caller));
    return { ok: true, aborted: runIds.length > 0, runIds };
  }

  private async session(sessionKey: string, caller: Identity): Promise<Session> {
    const session = await this.sessions.find(caller, { sessionKey });
    if (!session) throw noSession(sessionKey);
    return session;
  }
}
