import { createHash } from 'node:crypto';
import { realpathSync } from 'node:fs';
import { join } from 'node:path';
import { claimsOf } from '../oauth/jwt-claims.js';
import { codexAccount } from '../oauth/codex-account.js';
import { type CliProgram, record, text } from './cli-login.js';

const USUAL_LIFE_MS = 3_600_000;

/** Codex: the tokens in its `auth.json`. An API key there is another matter, and no login. */
export const codex: CliProgram = {
  name: 'Codex',
  provider: 'openai-codex',
  profileId: 'openai-codex:codex-cli',
  signIn: 'codex login',
  renewsAlone: false,
  path: ({ codexHome }) => join(codexHome, 'auth.json'),

  keychain({ codexHome }) {
    const digest = createHash('sha256').update(realPath(codexHome)).digest('hex');
    return { service: 'Codex Auth', account: `cli|${digest.slice(0, 16)}` };
  },

  parse(content, writtenAt) {
    const { tokens, auth_mode: mode, last_refresh: refreshedAt } = record(content);
    const { access_token: access, refresh_token: refresh, account_id: account, id_token: id } = record(tokens);
    const accessText = text(access);
    const refreshText = text(refresh);
    if (accessText === undefined || refreshText === undefined || /^api_?key$/i.test(text(mode) ?? '')) return undefined;
    const accountId = text(account) ?? codexAccount(accessText)?.accountId;
    const email = text(claimsOf(text(id) ?? '')?.['email']) ?? codexAccount(accessText)?.email;
    return {
      type: 'oauth',
      provider: 'openai-codex',
      access: accessText,
      refresh: refreshText,
      expires: endOf(accessText) ?? startOf(refreshedAt, writtenAt) + USUAL_LIFE_MS,
      ...(accountId !== undefined && { accountId }),
      ...(email !== undefined && { email }),
    };
  },
};

function endOf(access: string): number | undefined {
  const seconds = claimsOf(access)?.['exp'];
  return typeof seconds === 'number' && seconds > 0 ? seconds * 1000 : undefined;
}

function startOf(refreshedAt: unknown, writtenAt: number): number {
  const at = Date.parse(text(refreshedAt) ?? '');
  return Number.isNaN(at) ? writtenAt : at;
}

function realPath(path: string): string {
  try {
    return realpathSync(path);
  } catch {
    return path; // not there: then there is no item of this name either
  }
}
