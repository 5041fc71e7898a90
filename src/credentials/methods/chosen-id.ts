import { profileId, providerId } from '../profile.js';
import type { LoginRequest } from './login-method.js';
import { wrongInput } from './wrong-input.js';

/** The id that the person chose, or `<provider>:<fallback>` (reference F.2). Throws Refused for another provider's id. */
export function chosenId({ provider, profileId: chosen }: LoginRequest, fallback?: string): string {
  if (chosen === undefined) return profileId(provider, fallback);
  const colon = chosen.indexOf(':');
  const name = chosen.slice(colon + 1).trim();
  if (name === '') throw wrongInput('profileId', 'the profile id has no name; write it as in "openai:work"');
  if (colon >= 0 && providerId(chosen.slice(0, colon)) !== provider) {
    throw wrongInput('profileId', `the profile id must begin with "${provider}:", or be a name alone`);
  }
  return profileId(provider, name);
}
