import { Controller, Delete, Get, HttpCode, Param, Post, Query } from '@nestjs/common';
import { ApiOkResponse, ApiOperation, ApiTags } from '@nestjs/swagger';
import { Caller, Needs } from '../auth/decorators.js';
import { ChatService } from '../chat/sessions/chat.service.js';
import { SessionViews } from '../chat/sessions/session-views.js';
import { noSession, SessionsService } from '../chat/sessions/sessions.service.js';
import type { Identity } from '../kernel/identity.js';
import { pageOf } from './page.js';
import { SessionQuery } from './session.queries.js';
import { SessionPageView, SessionResetView } from './session.views.js';

/** Conversations: which there are, and beginning one anew. */
@ApiTags('sessions')
@Controller('api/v1/sessions')
export class SessionsController {
  constructor(
    private readonly sessions: SessionsService,
    private readonly chat: ChatService,
    private readonly views: SessionViews,
  ) {}

  @Get()
  @Needs('operator.read')
  @ApiOperation({ summary: 'Your sessions, the last used first; for admins all of their tenant' })
  @ApiOkResponse({ type: SessionPageView })
  async list(
    @Query() { limit, cursor, agent, search }: SessionQuery,
    @Caller() caller: Identity,
  ): Promise<SessionPageView> {
    const filter = { limit: limit + 1, agent: agent?.toLowerCase(), search, after: cursor };
    const page = pageOf(await this.sessions.list(caller, filter), limit);
    return { ...page, items: page.items.map((session) => this.views.session(session, caller)) };
  }

  @Delete(':key')
  @Needs('operator.write')
  @HttpCode(204)
  @ApiOperation({ summary: 'Take a session away, with all that was said in it' })
  async remove(@Param('key') sessionKey: string, @Caller() caller: Identity): Promise<void> {
    const session = await this.sessions.find(caller, { sessionKey });
    if (!session) throw noSession(sessionKey);
    await this.chat.remove(session);
  }

  @Post(':key/reset')
  @Needs('operator.write')
  @HttpCode(200)
  @ApiOperation({ summary: 'Begin a session anew: what was said and chosen is gone, answers under way are ended' })
  @ApiOkResponse({ type: SessionResetView })
  async reset(@Param('key') sessionKey: string, @Caller() caller: Identity): Promise<SessionResetView> {
    return { session: this.views.session(await this.chat.reset(caller, { sessionKey }), caller) };
  }
}
