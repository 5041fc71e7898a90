import { Module } from '@nestjs/common';
import { CredentialsModule } from '../credentials/credentials.module.js';
import { METER, NO_METER } from './meter.js';
import { ModelCalls } from './model-calls.service.js';

/** Calls to models, and the conversations that are held with them. */
@Module({
  imports: [CredentialsModule],
  providers: [{ provide: METER, useValue: NO_METER }, ModelCalls],
  exports: [ModelCalls],
})
export class ChatModule {}
