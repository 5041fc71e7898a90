import { Module } from '@nestjs/common';
import { CredentialsModule } from '../credentials/credentials.module.js';
import { AuthOrderController } from './auth-order.controller.js';
import { KeysController } from './keys.controller.js';
import { ModelChoiceController } from './model-choice.controller.js';
import { ModelStatusController } from './model-status.controller.js';
import { ProfilesController } from './profiles.controller.js';

/** The credentials of model providers over REST: their order, their choice, how good they are, the keys that they are sealed with. */
@Module({
  imports: [CredentialsModule],
  controllers: [AuthOrderController, ModelChoiceController, ModelStatusController, ProfilesController, KeysController],
})
export class ModelCredentialsModule {}
