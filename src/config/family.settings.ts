import { IsIn, IsOptional } from 'class-validator';
import type { FieldError } from '../kernel/errors.js';
import { type ConfigSnapshot, Settings } from './settings.js';

/** What the family says about a machine as a whole; read wherever settings are. */
@Settings('gateway')
export class FamilySettings {
  /** `remote` makes the machine a client of a gateway elsewhere. Something else than `gateway.auth.mode`. */
  @IsOptional()
  @IsIn(['local', 'remote'])
  mode?: 'local' | 'remote';
}

/** Refuses to serve on a machine that is set up as a client. */
export function mustBeLocal(config: ConfigSnapshot): readonly FieldError[] {
  if (config.get(FamilySettings).mode !== 'remote') return [];
  const message = 'is "remote": this machine is a client of another gateway; write "local" to serve from here';
  return [{ path: 'gateway.mode', message }];
}
