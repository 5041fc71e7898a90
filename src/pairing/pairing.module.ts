import { Module } from '@nestjs/common';
import { StorageModule } from '../storage/storage.module.js';
import { DeviceTokensService } from './device-tokens.service.js';

/** Devices and the tokens that they hold. */
@Module({
  imports: [StorageModule],
  providers: [DeviceTokensService],
  exports: [DeviceTokensService],
})
export class PairingModule {}
