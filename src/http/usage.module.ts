import { Module } from '@nestjs/common';
import { ChatModule } from '../chat/chat.module.js';
import { BudgetsController } from './budgets.controller.js';
import { UsageController } from './usage.controller.js';

/** What models cost, over REST. */
@Module({ imports: [ChatModule], controllers: [BudgetsController, UsageController] })
export class UsageModule {}
