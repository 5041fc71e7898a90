import { exists } from '../../config/config-file.js';
import { dotEnvPath, readDotEnv } from '../../config/dot-env.js';
import { finding, type Looked } from './finding.js';
import { isPlainVariable } from './plain-secret.js';
import type { Scene } from './scene.js';

/** `.env` of the state directory: variables whose names say that they are secret. */
export function dotEnvPlace({ plan: { stateDir } }: Scene): Looked {
  const file = dotEnvPath(stateDir);
  if (!exists(file)) return {};
  const names = Object.entries(readDotEnv(stateDir)).flatMap(([name, text]) =>
    isPlainVariable(name, text) ? [name] : [],
  );
  const message = 'a secret stands here itself; let whoever starts the gateway set the variable, or use a reference';
  return {
    files: [file],
    findings: names.map((name) => finding('PLAINTEXT_FOUND', { file, jsonPath: `$env.${name}` }, message)),
  };
}
