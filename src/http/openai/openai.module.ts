import { Module } from '@nestjs/common';
import { AuthModule } from '../../auth/auth.module.js';
import { ChatModule } from '../../chat/chat.module.js';
import { ModelCallsController } from './model-calls.controller.js';
import { Conversation } from './conversation.js';
import { ModelEdge } from './model-edge.js';
import { ModelsController } from './models.controller.js';

/** The model API: the shapes of OpenAI, so that its SDKs work unchanged (contract section 7). */
@Module({
  imports: [AuthModule, ChatModule],
  controllers: [ModelCallsController, ModelsController],
  providers: [Conversation, ModelEdge],
})
export class OpenAiModule {}
