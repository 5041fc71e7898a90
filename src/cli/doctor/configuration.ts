import { existsSync } from 'node:fs';
import { join } from 'node:path';
import type { Check, Finding } from './check.js';
import { tooOpenFinding } from './modes.js';

/** Whether the gateway would start with this configuration, and what somebody should know of it. */
export const configuration: Check = ({ config, errors, local }) => {
  if (!config) {
    return errors.map(({ path, message }) => ({
      code: 'config_invalid',
      state: 'fail',
      evidence: `${path}: ${message}`,
      fix: 'doorward config set|unset, or an editor; then doorward config validate',
    }));
  }
  const good: Finding = {
    code: 'config_valid',
    state: 'ok',
    evidence:
      config.configPath ?? `no config file in ${local.settings.stateDir}: the defaults and the environment hold`,
  };
  // What others may read is told by the next check, with the way to put it right.
  const { warnings, openFiles, unmeasured } = config;
  const told = new Set([...openFiles, ...unmeasured]);
  const others = warnings.filter((warning) => !told.has(warning));
  return [
    good,
    ...others.map((evidence): Finding => ({ code: 'config_warning', state: 'warn', evidence })),
    // What a checking load leaves out is no fault of the configuration.
    ...unmeasured.map((evidence): Finding => ({ code: 'reference_unmeasured', state: 'unmeasured', evidence })),
  ];
};

/** Secrets stand in these files; nobody else may read them (contract section 1). */
export const filesOfConfiguration: Check = ({ local, config }) => {
  const { stateDir, configPath } = local.settings;
  const holdsSecrets = (config?.secrets.plain.length ?? 0) > 0;
  const found = [
    tooOpenFinding('state_directory_open', stateDir, 'warn'),
    ...(configPath === undefined
      ? []
      : [tooOpenFinding('config_file_open', configPath, holdsSecrets ? 'fail' : 'warn')]),
    tooOpenFinding('env_file_open', join(stateDir, '.env'), 'fail'),
  ].filter((finding) => finding !== undefined);
  if (found.length > 0) return found;
  const evidence = existsSync(stateDir) ? `${stateDir} is its owner's alone` : `${stateDir} is not made yet`;
  return [{ code: 'files_private', state: 'ok', evidence }];
};

/** Whether anybody but this machine has a way in. */
export const gatewayAuth: Check = async ({ config }) => {
  if (!config) return [{ code: 'gateway_auth', state: 'unmeasured', evidence: 'the configuration is not valid' }];
  const { hasCredential } = await import('../../auth/auth-rules.js');
  if (hasCredential(config.snapshot)) {
    return [{ code: 'gateway_auth', state: 'ok', evidence: 'a way in is configured' }];
  }
  return [
    {
      code: 'gateway_auth_missing',
      state: 'warn',
      evidence: 'no credential is configured: this machine alone comes in without a token of a person',
      fix: 'openssl rand -hex 24 | doorward config set gateway.auth.token --stdin',
    },
  ];
};

/** How `doorward security audit` would end, from the same list of checks; it shows each finding. */
export const security: Check = ({ config: loaded, parts: { securityChecks, settings } }) => {
  if (!loaded) return [{ code: 'security', state: 'unmeasured', evidence: 'the configuration is not valid' }];
  const found = securityChecks.flatMap((check) => check({ loaded, settings }));
  const critical = found.filter(({ severity }) => severity === 'critical').length;
  const warnings = found.filter(({ severity }) => severity === 'warn').length;
  if (critical + warnings === 0)
    return [{ code: 'security', state: 'ok', evidence: 'no setting is less safe than it could be' }];
  return [
    {
      code: 'security',
      state: critical > 0 ? 'fail' : 'warn',
      evidence: `${critical} critical findings and ${warnings} warnings about the safety of the settings`,
      fix: 'see each of them: doorward security audit',
    },
  ];
};
