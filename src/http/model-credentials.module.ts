import { Module } from '@nestjs/common';
import { CredentialsModule } from '../credentials/credentials.module.js';
import { AuthOrderController } from './auth-order.controller.js';
import { KeysController } from './keys.controller.js';
import { ModelChoiceController } from './model-choice.controller.js';

/** The credentials of model providers over REST: their order, their choice, the keys that they are sealed with. */
@Module({
  imports: [CredentialsModule],
  controllers: [AuthOrderController, ModelChoiceController, KeysController],
})
export class ModelCredentialsModule {}
