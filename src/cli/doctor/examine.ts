import { ConfigError } from '../../config/config-error.js';
import { Environment } from '../../config/environment.js';
import type { LoadedConfig } from '../../config/load.js';
import { localStatus } from '../../credentials/local/local-status.js';
import type { ModelStatus } from '../../credentials/status/model-status.js';
import type { FieldError } from '../../kernel/errors.js';
import type { World } from '../command.js';
import { openModels, takeOverLogins } from '../local-models.js';
import type { Finding, Patient } from './check.js';
import { CHECKS } from './index.js';

/** Looks at everything. A check that fails itself is a finding as well: what was not looked at is not well. */
export async function examine(world: World): Promise<Finding[]> {
  const patient = await patientOf(world);
  const findings: Finding[] = [];
  for (const check of CHECKS) {
    try {
      findings.push(...(await check(patient)));
    } catch (error) {
      const evidence = error instanceof Error ? error.message : String(error);
      findings.push({ code: 'check_failed', state: 'unmeasured', evidence });
    }
  }
  return findings;
}

async function patientOf(world: World): Promise<Patient> {
  const [local, parts, loaded] = await Promise.all([openModels(world), world.gatewayParts(), load(world)]);
  const statuses = new Map<string, ModelStatus | Error>();
  for (const { id, isDefault } of local.agents.values()) {
    try {
      if (isDefault) await takeOverLogins(local, id, world);
      if (local.files) statuses.set(id, await localStatus(local, id, Date.now()));
    } catch (error) {
      if (!(error instanceof Error)) throw error;
      statuses.set(id, error);
    }
  }
  return { world, local, parts, ...loaded, statuses };
}

async function load(world: World): Promise<{ config?: LoadedConfig; errors: readonly FieldError[] }> {
  const [{ loadConfig }, { checkingSecrets }, parts] = await Promise.all([
    import('../../config/load.js'),
    import('../../secrets/checking-secrets.js'),
    world.gatewayParts(),
  ]);
  try {
    const env = new Environment(world.environment);
    return { config: await loadConfig({ ...parts, env, secrets: checkingSecrets() }), errors: [] };
  } catch (error) {
    if (!(error instanceof ConfigError)) throw error;
    return { errors: error.errors };
  }
}
