import { CliError } from './cli-error.js';
import type { CommandFile } from './command.js';
import { type Login, LoginStore } from './logins.js';
import { askOAuth } from './oauth-call.js';
import { findGateway } from './target.js';

interface Options {
  readonly url?: string;
  readonly json?: boolean;
}

/** Signs this user out: the gateway ends the sign-in with all that hangs on it, and this machine forgets it. */
export const command: CommandFile<Options> = {
  examples: ['doorward logout', 'doorward logout --url https://gateway.example.com'],

  describe(command) {
    command.option('--url <url>', 'another gateway, such as https://gateway.example.com');
  },

  async run({ options, world }) {
    const { terminal } = world;
    const { url, stateDir } = await findGateway(options, world);
    const store = new LoginStore(stateDir);
    const known = store.find(url);
    if (known) {
      // Forgotten first: whatever the gateway says, this machine is signed out.
      await store.change(url, () => Promise.resolve(undefined));
      const trouble = await revoked(url, known);
      if (trouble) terminal.warn(`the gateway could not be told, so its sign-in goes on there: ${trouble.message}`);
    }
    if (options.json) return terminal.json({ url, signedOut: known !== undefined });
    if (known) terminal.result(`Signed out at ${url}.`);
    else terminal.say(`Nobody was signed in at ${url}.`);
  },
};

/** Ends it at the gateway; why it could not, if so. */
async function revoked(url: string, { token, refreshToken }: Login): Promise<Error | undefined> {
  try {
    const answer = await askOAuth(url, '/oauth/revoke', { token: refreshToken ?? token });
    return answer.error === undefined ? undefined : new CliError(answer.error);
  } catch (error) {
    if (error instanceof CliError) return error;
    throw error;
  }
}
