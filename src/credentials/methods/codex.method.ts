import { codex as program } from '../sync/codex.js';
import { cliLogin } from './cli-login.js';
import type { LoginMethod } from './login-method.js';

/** The login of Codex on this machine: `models auth login --provider openai-codex --method cli`. */
export const codex: LoginMethod = {
  id: 'codex',
  aliases: ['cli', 'codex-cli'],
  label: 'the login of Codex on this machine',
  offers: (provider) => provider === program.provider,
  login: (request, ground) => cliLogin(program, request, ground),
};
