import { Module } from '@nestjs/common';
import { AuditModule } from '../audit/audit.module.js';
import { StorageModule } from '../storage/storage.module.js';
import { ClaimsService } from './claims.service.js';
import { ConnectedDevices } from './connected-devices.js';
import { DeviceTokensService } from './device-tokens.service.js';
import { DevicesService } from './devices.service.js';
import { InvitesService } from './invites.service.js';
import { PairingService } from './pairing.service.js';

/** Devices and the tokens that they hold. */
@Module({
  imports: [StorageModule, AuditModule],
  providers: [ConnectedDevices, DevicesService, DeviceTokensService, PairingService, ClaimsService, InvitesService],
  exports: [ConnectedDevices, DevicesService, DeviceTokensService, PairingService, ClaimsService, InvitesService],
})
export class PairingModule {}
