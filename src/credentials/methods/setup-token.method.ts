import { chosenId } from './chosen-id.js';
import { expiresAt } from './expires-in.js';
import type { LoginMethod } from './login-method.js';
import { secretText } from './secret-text.js';
import { checkSetupToken, tidySetupToken } from './setup-token-text.js';
import { wrongInput } from './wrong-input.js';

/** What `claude setup-token` prints: a subscription's token for a year, not refreshable. A person pastes it (reference F.7). */
export const setupToken: LoginMethod = {
  id: 'setup-token',
  aliases: ['setup_token'],
  label: 'a setup token of Claude Code',
  offers: (provider) => provider === 'anthropic',

  async login(request, ground) {
    if (!ground.terminal.isInteractive) {
      throw wrongInput(
        'method',
        'setup-token needs a terminal; without one use paste-token, which reads standard input',
      );
    }
    ground.terminal.say('Run `claude setup-token` where Claude Code is, sign in, and paste what it prints.');
    const token = await secretText('setup token', request, ground, tidySetupToken);
    checkSetupToken(token);
    const { expiresIn } = request;
    const expires = expiresIn === undefined ? undefined : expiresAt(expiresIn, ground.clock.now());
    return {
      id: chosenId(request),
      profile: { type: 'token', provider: request.provider, token, ...(expires !== undefined && { expires }) },
    };
  },
};
