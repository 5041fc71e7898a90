import { IsBoolean } from 'class-validator';
import { Settings } from '../config/settings.js';

@Settings('gateway.pairing')
export class PairingSettings {
  /** Asks every WebSocket client for a device, whatever its credential. */
  @IsBoolean()
  required = false;
}
