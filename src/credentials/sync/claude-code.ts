import { join } from 'node:path';
import { isValidExpiry } from '../profile.js';
import { type CliProgram, record, text } from './cli-login.js';

/** Claude Code: `claudeAiOauth` in its credentials. Without a refresh token it is one for a year, of `claude setup-token`. */
export const claudeCode: CliProgram = {
  name: 'Claude Code',
  provider: 'anthropic',
  profileId: 'anthropic:claude-cli',
  signIn: 'claude',
  renewsAlone: true,
  path: ({ claudeHome }) => join(claudeHome, '.credentials.json'),
  keychain: () => ({ service: 'Claude Code-credentials' }),

  parse(content) {
    const { accessToken, refreshToken, expiresAt } = record(record(content)['claudeAiOauth']);
    const access = text(accessToken);
    if (access === undefined) return undefined;
    const refresh = text(refreshToken);
    const expires = isValidExpiry(expiresAt) ? { expires: expiresAt } : {};
    return refresh === undefined
      ? { type: 'token', provider: 'anthropic', token: access, ...expires }
      : { type: 'oauth', provider: 'anthropic', access, refresh, ...expires };
  },
};
