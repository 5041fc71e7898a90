import { claudeCode as program } from '../sync/claude-code.js';
import { cliLogin } from './cli-login.js';
import type { LoginMethod } from './login-method.js';

/** The login of Claude Code on this machine: `models auth login --provider anthropic --method cli`. */
export const claudeCode: LoginMethod = {
  id: 'claude-code',
  aliases: ['cli', 'claude-cli'],
  label: 'the login of Claude Code on this machine',
  offers: (provider) => provider === program.provider,
  login: (request, ground) => cliLogin(program, request, ground),
};
