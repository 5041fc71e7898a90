import { Module } from '@nestjs/common';
import { ChatModule } from '../chat/chat.module.js';
import { SessionHistoryController } from './session-history.controller.js';
import { SessionsController } from './sessions.controller.js';

/** Conversations over REST. */
@Module({ imports: [ChatModule], controllers: [SessionsController, SessionHistoryController] })
export class SessionsModule {}
