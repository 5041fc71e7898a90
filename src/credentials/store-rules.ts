import type { ConfigSnapshot } from '../config/settings.js';
import type { FieldError } from '../kernel/errors.js';
import { chosenMode, DatabaseSettings } from '../storage/database.settings.js';
import { ModelsSettings } from './models.settings.js';

/** Profiles in the database need one. */
export function storeRules(config: ConfigSnapshot): FieldError[] {
  if (config.get(ModelsSettings).store !== 'database') return [];
  if (chosenMode(config.get(DatabaseSettings)) !== 'none') return [];
  const message = 'is "database", and database.mode is "none"; set models.store to "file", or turn the database on';
  return [{ path: 'models.store', message }];
}
