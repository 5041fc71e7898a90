import { environmentKey } from '../../credentials/environment-keys.js';
import type { LocalCredentials } from '../../credentials/local/open-local.js';
import type { Login } from '../../credentials/methods/login-method.js';
import { profileId } from '../../credentials/profile.js';
import { CliError, wrongUsage } from '../cli-error.js';
import type { World } from '../command.js';
import type { Conversation } from '../conversation.js';
import { keyLogin } from '../model-login.js';
import { secretFile } from '../secret-input.js';
import type { Draft } from './draft.js';
import { askedReference, envReference, type EnvReference } from './env-reference.js';
import type { OnboardOptions } from './options.js';

/** The key of a provider, from where a flag says it is, or asked for. Nothing is stored yet. */
export async function keyAnswer(
  provider: string,
  draft: Draft,
  { modelKeyFile: file, modelKeyRefEnv: name, secretInputMode }: OnboardOptions,
  talk: Conversation | undefined,
  world: World,
  { variables }: LocalCredentials,
): Promise<Login> {
  if (file !== undefined) return keyLogin(provider, (await secretFile('model-key', file, world)).trim(), world);
  if (name !== undefined) return byReference(provider, await envReference(name, '--model-key-ref-env', draft));

  const usual = environmentKey(provider, variables)?.variable;
  if (talk) return askKey(provider, draft, talk, { usual, isByReference: secretInputMode === 'ref' }, world);
  if (secretInputMode === 'ref' && usual !== undefined) {
    return byReference(provider, await envReference(usual, '--auth-choice', draft));
  }
  throw wrongUsage(
    `the key of ${provider} is missing`,
    'Give it by --model-key-file <path>, or name the variable that holds it: --model-key-ref-env <NAME>. None at all: --auth-choice skip',
  );
}

async function askKey(
  provider: string,
  draft: Draft,
  talk: Conversation,
  { usual, isByReference }: { readonly usual: string | undefined; readonly isByReference: boolean },
  world: World,
): Promise<Login> {
  const say = (text: string): void => world.terminal.say(text);
  const typed = { label: 'I type it', value: false };
  const reference = { label: 'It stays in an environment variable', value: true };
  if (
    isByReference ||
    (await talk.choose(`Where is the key of ${provider}?`, [typed, reference], usual !== undefined))
  ) {
    return byReference(provider, await askedReference(talk, draft, say, usual));
  }
  for (;;) {
    try {
      return await keyLogin(provider, await talk.hidden('The API key:'), world);
    } catch (error) {
      if (!(error instanceof CliError) || error.code !== 'invalid_request') throw error;
      say(error.message);
    }
  }
}

function byReference(provider: string, keyRef: EnvReference): Login {
  return { id: profileId(provider), profile: { type: 'api_key', provider, keyRef } };
}
