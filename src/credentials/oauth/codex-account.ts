import { claimsOf } from './jwt-claims.js';
import type { Account } from './oauth-provider.js';

/** Who signed in at OpenAI: the account stands in a claim of the access token, and nowhere else (reference F.8). */
export function codexAccount(accessToken: string): Account | undefined {
  const claims = claimsOf(accessToken);
  const auth = claims?.['https://api.openai.com/auth'];
  const profile = claims?.['https://api.openai.com/profile'];
  const accountId = textIn(auth, 'chatgpt_account_id');
  if (accountId === undefined) return undefined;
  const email = textIn(profile, 'email');
  return { accountId, ...(email !== undefined && { email }) };
}

function textIn(value: unknown, name: string): string | undefined {
  if (typeof value !== 'object' || value === null) return undefined;
  const text = (value as Record<string, unknown>)[name];
  return typeof text === 'string' && text !== '' ? text : undefined;
}
