import type { LookedThrough } from '../secrets/audit/audit.js';
import type { World } from './command.js';

/** How the secrets of this machine's gateway stand: the one way to ask, for every command. Throws ConfigError. */
export async function secretAudit(world: World, { allowExec = false } = {}): Promise<LookedThrough> {
  const [parts, { auditSecrets }, { CREDENTIAL_PLACES }, { Environment }, { systemClock }] = await Promise.all([
    world.gatewayParts(),
    import('../secrets/audit/audit.js'),
    import('../credentials/audit/index.js'),
    import('../config/environment.js'),
    import('../kernel/clock.js'),
  ]);
  const env = new Environment(world.environment);
  return auditSecrets({ ...parts, env, clock: systemClock, allowExec, places: CREDENTIAL_PLACES });
}
