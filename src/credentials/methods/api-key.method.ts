import { chosenId } from './chosen-id.js';
import type { LoginMethod } from './login-method.js';
import { secretText } from './secret-text.js';
import { looksLikeSetupToken } from './setup-token-text.js';
import { wrongInput } from './wrong-input.js';

/** A key that the provider gave. It never ends by itself, so it suits what runs for long. */
export const apiKey: LoginMethod = {
  id: 'api-key',
  aliases: ['key', 'apikey', 'api_key'],
  label: 'an API key',
  offers: () => true,

  async login(request, ground) {
    const key = await secretText('API key', request, ground);
    if (looksLikeSetupToken(key)) {
      throw wrongInput('secret', 'that is a setup token and no API key; use the method setup-token or paste-token');
    }
    return { id: chosenId(request), profile: { type: 'api_key', provider: request.provider, key } };
  },
};
