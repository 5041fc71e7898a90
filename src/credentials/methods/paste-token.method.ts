import { chosenId } from './chosen-id.js';
import { expiresAt } from './expires-in.js';
import type { LoginMethod } from './login-method.js';
import { secretText } from './secret-text.js';
import { checkSetupToken, looksLikeSetupToken, tidySetupToken } from './setup-token-text.js';

/** Any provider's token, with the end that the person knows of. */
export const pasteToken: LoginMethod = {
  id: 'paste-token',
  aliases: ['token', 'paste_token'],
  label: 'a token that you have',
  offers: () => true,

  async login(request, ground) {
    const { provider, expiresIn } = request;
    // Said before anybody is asked for a secret that would then be thrown away.
    const expires = expiresIn === undefined ? undefined : expiresAt(expiresIn, ground.clock.now());
    const id = chosenId(request, 'manual');
    const token = await secretText('token', request, ground, (text) => {
      const tidied = tidySetupToken(text);
      return provider === 'anthropic' && looksLikeSetupToken(tidied) ? tidied : text.trim();
    });
    if (provider === 'anthropic' && looksLikeSetupToken(token)) checkSetupToken(token);
    return { id, profile: { type: 'token', provider, token, ...(expires !== undefined && { expires }) } };
  },
};
