import { Injectable } from '@nestjs/common';
import { BoundedMap } from '../kernel/bounded-map.js';

const REMEMBERED = 65_536;

/**
 * Where paired devices have come from. A blocked address of theirs may still open a socket: only there can a device show
 * the signature that no lock keeps out (contract section 3). Any other blocked address is refused at the upgrade.
 */
@Injectable()
export class DeviceSources {
  private readonly known = new BoundedMap<string, true>(REMEMBERED);

  remember(source: string): void {
    this.known.set(source, true);
  }

  has(source: string): boolean {
    return this.known.get(source) === true;
  }
}
