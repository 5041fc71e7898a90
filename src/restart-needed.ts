import { RedisSettings } from './auth/rate-limit.settings.js';
import { GatewaySettings } from './config/gateway.settings.js';
import type { ConfigSnapshot } from './config/settings.js';
import { ModelsSettings } from './credentials/models.settings.js';
import { DatabaseSettings } from './storage/database.settings.js';

type Read = (config: ConfigSnapshot) => unknown;

/** What is looked at once, at the start. Everything else follows a reload. */
// prettier-ignore
const AT_START: readonly (readonly [path: string, read: Read])[] = [
  ['gateway.port',            (config) => config.get(GatewaySettings).port],
  ['gateway.bind',            (config) => config.get(GatewaySettings).bind],
  ['gateway.customBindHost',  (config) => config.get(GatewaySettings).customBindHost],
  ['database.mode',           (config) => config.get(DatabaseSettings).mode],
  ['database.url',            (config) => config.get(DatabaseSettings).url],
  ['database.encryptionKey',  (config) => config.get(DatabaseSettings).encryptionKey],
  ['database.poolSize',       (config) => config.get(DatabaseSettings).poolSize],
  ['models.store',            (config) => config.get(ModelsSettings).store],
  ['redis.url',               (config) => config.get(RedisSettings).url],
];

/** Sentences for what a reload changed and only a restart brings into effect. */
export function restartNeeded(next: ConfigSnapshot, previous: ConfigSnapshot): string[] {
  return AT_START.filter(([, read]) => read(next) !== read(previous)).map(
    ([path]) => `${path} has changed, and is looked at when the gateway starts: restart it to use the new value`,
  );
}
