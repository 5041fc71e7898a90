import { Environment } from '../../src/config/environment.js';
import { loadConfig } from '../../src/config/load.js';
import { GATEWAY_PARTS } from '../../src/gateway-parts.js';
import { checkingSecrets } from '../../src/secrets/checking-secrets.js';
import type { World } from '../../src/cli/command.js';

/** What the program itself knows of settings: for commands in this process that judge a whole configuration. */
export const WHOLE_CONFIG: Pick<World, 'gatewayParts' | 'checkConfig'> = {
  gatewayParts: () => Promise.resolve(GATEWAY_PARTS),
  checkConfig: (environment) =>
    loadConfig({ ...GATEWAY_PARTS, env: new Environment(environment), secrets: checkingSecrets() }),
};
