import { CliError, wrongUsage } from '../cli-error.js';
import type { Conversation } from '../conversation.js';
import { word } from '../terminal.js';
import type { Draft } from './draft.js';

/** What stands in the place of a secret that stays in a variable. */
export interface EnvReference {
  readonly source: 'env';
  readonly provider: string;
  readonly id: string;
}

/**
 * The reference to a variable, after a look at whether it leads to a secret now. Throws CliError that names the flag. What
 * has not the form of a name is not repeated: somebody may have given the secret itself.
 */
export async function envReference(name: string, flag: string, { scene: { settings } }: Draft): Promise<EnvReference> {
  const [{ idProblem }, { secretAtHand }] = await Promise.all([
    import('../../secrets/secret-ref.js'),
    import('../../secrets/at-hand.js'),
  ]);
  const problem = idProblem('env', name);
  if (problem !== undefined) throw wrongUsage(`${flag} ${problem}`);
  const alias = settings.get('secrets.defaults.env');
  const reference = { source: 'env', provider: typeof alias === 'string' ? alias : 'default', id: name } as const;
  const found = await secretAtHand(reference, settings);
  if (found && 'value' in found) return reference;
  throw new CliError(`${flag}: ${found?.unavailable ?? 'leads nowhere'}`, {
    code: 'reference_unresolved',
    nextStep: `Set ${word(name)} here and wherever the gateway is started, and try again.`,
  });
}

/** Asks for the name of a variable until one is named that is set. */
export async function askedReference(
  talk: Conversation,
  draft: Draft,
  say: (text: string) => void,
  initial?: string,
): Promise<EnvReference> {
  for (;;) {
    const name = await talk.ask('Which variable?', { ...(initial !== undefined && { initial }) });
    try {
      return await envReference(name, 'The name', draft);
    } catch (error) {
      if (!(error instanceof CliError)) throw error;
      say(error.message);
    }
  }
}

/** How a reference is spoken of. */
export const wordsOf = ({ id }: EnvReference): string => `from the variable ${id}`;
