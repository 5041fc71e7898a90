import { isWeak } from '../../auth/guessable.js';
import { newGatewayToken, sameSecret } from '../../kernel/crypto.js';
import { wrongUsage } from '../cli-error.js';
import type { World } from '../command.js';
import type { Conversation } from '../conversation.js';
import { secretFile } from '../secret-input.js';
import type { Draft } from './draft.js';
import { askedReference, envReference, wordsOf } from './env-reference.js';
import type { OnboardOptions } from './options.js';

const MODE = 'gateway.auth.mode';
const TOKEN = 'gateway.auth.token';
const PASSWORD = 'gateway.auth.password';

type Kind = 'token' | 'password';

/** What others must show: in the end there is always something, unless the file that is kept says otherwise. */
export async function houseKeyAnswer(
  draft: Draft,
  options: OnboardOptions,
  talk: Conversation | undefined,
  world: World,
): Promise<void> {
  const given = givenKind(options);
  const kind = given ?? (await kindOf(draft, talk));
  if (kind === 'as-it-is') return;
  if (given !== undefined || !draft.isSettled(MODE)) {
    draft.put(MODE, kind, { flag: options.auth === undefined ? undefined : '--auth' });
  }
  if (kind === 'token') await settleToken(draft, options, talk, world);
  else await settlePassword(draft, options, talk, world);
  const idle = kind === 'token' ? PASSWORD : TOKEN;
  if (draft.present(idle) !== undefined) {
    draft.notes.push(
      `${idle} lets nobody in while gateway.auth.mode is "${kind}". Take it out of the file with: doorward config unset ${idle}`,
    );
  }
}

function givenKind({ auth, gatewayTokenFile, gatewayTokenRefEnv, passwordFile }: OnboardOptions): Kind | undefined {
  if (auth !== undefined) return auth;
  if ((gatewayTokenFile ?? gatewayTokenRefEnv) !== undefined) return 'token';
  return passwordFile === undefined ? undefined : 'password';
}

/** `as-it-is`: the file has a way in of its own, as by a proxy, or is kept. "none" is no way in, unless it is kept. */
async function kindOf(draft: Draft, talk: Conversation | undefined): Promise<Kind | 'as-it-is'> {
  const mode = draft.scene.settings.get(MODE);
  if (draft.scene.mode === 'keep' && (mode === 'token' || mode === 'password')) return mode;
  const hasProxy = draft.present('gateway.auth.trustedProxy.enabled') === true;
  const isOfFile = hasProxy || draft.present(TOKEN) !== undefined || draft.present(PASSWORD) !== undefined;
  const isItself = mode === 'trusted-proxy' || (mode === undefined && isOfFile);
  if (draft.scene.mode === 'keep' && (isItself || mode === 'none')) return 'as-it-is';

  const usual = isItself ? 'as-it-is' : mode === 'password' || isPasswordAlone(draft) ? 'password' : 'token';
  if (!talk) return usual;
  const choices: { label: string; value: Kind | 'as-it-is' }[] = [
    { label: 'A token: for programs, and for people who paste it once', value: 'token' },
    { label: 'A password', value: 'password' },
  ];
  if (isItself) choices.unshift({ label: 'As it is', value: 'as-it-is' });
  return talk.choose('What must others show to come in?', choices, usual);
}

const isPasswordAlone = (draft: Draft): boolean => !draft.has(TOKEN) && draft.has(PASSWORD);

async function settleToken(
  draft: Draft,
  options: OnboardOptions,
  talk: Conversation | undefined,
  world: World,
): Promise<void> {
  const { gatewayTokenFile: file, gatewayTokenRefEnv: name, secretInputMode } = options;
  if (name !== undefined) {
    const reference = await envReference(name, '--gateway-token-ref-env', draft);
    return draft.put(TOKEN, reference, { flag: '--gateway-token-ref-env', told: wordsOf(reference) });
  }
  if (file !== undefined) {
    return given(draft, TOKEN, await secretFile('gateway-token', file, world), '--gateway-token-file');
  }
  if (draft.has(TOKEN) && (draft.isSettled(TOKEN) || !talk)) return;
  if (talk) return askToken(draft, talk, secretInputMode === 'ref', world);
  if (secretInputMode === 'ref') {
    throw wrongUsage(
      'gateway.auth.token is missing, and --secret-input-mode ref writes none',
      'Name the variable that holds it: --gateway-token-ref-env <NAME>',
    );
  }
  draft.put(TOKEN, newGatewayToken(), { told: 'generated' });
}

async function askToken(draft: Draft, talk: Conversation, isByReference: boolean, world: World): Promise<void> {
  const isThere = draft.present(TOKEN) !== undefined;
  const way = await talk.choose<'there' | 'new' | 'typed' | 'reference'>(
    'Which token?',
    [
      ...(isThere ? [{ label: 'The one that is there', value: 'there' as const }] : []),
      ...(isByReference ? [] : [{ label: 'A new one, made now', value: 'new' as const }]),
      ...(isByReference ? [] : [{ label: 'One that I type (16 characters or more)', value: 'typed' as const }]),
      { label: 'One that stays in an environment variable', value: 'reference' as const },
    ],
    isThere ? 'there' : isByReference ? 'reference' : 'new',
  );
  if (way === 'new') draft.put(TOKEN, newGatewayToken(), { told: 'generated' });
  if (way === 'typed') given(draft, TOKEN, await talk.hidden('The token:'));
  if (way === 'reference') {
    const reference = await askedReference(talk, draft, (text) => world.terminal.say(text), 'HOUSE_TOKEN');
    draft.put(TOKEN, reference, { told: wordsOf(reference) });
  }
}

async function settlePassword(
  draft: Draft,
  { passwordFile: file, secretInputMode }: OnboardOptions,
  talk: Conversation | undefined,
  world: World,
): Promise<void> {
  if (file !== undefined) return given(draft, PASSWORD, await secretFile('password', file, world), '--password-file');
  if (draft.has(PASSWORD) && (draft.isSettled(PASSWORD) || !talk)) return;
  if (!talk) throw wrongUsage('gateway.auth.password is missing', 'Give it by --password-file <path>.');
  if (draft.has(PASSWORD) && !(await talk.confirm('There is a password. Replace it?'))) return;
  if (secretInputMode === 'ref') {
    const reference = await askedReference(talk, draft, (text) => world.terminal.say(text));
    return draft.put(PASSWORD, reference, { told: wordsOf(reference) });
  }
  for (;;) {
    const password = await talk.hidden('The password (16 characters or more):');
    if (sameSecret(password, await talk.hidden('Once more:'))) return given(draft, PASSWORD, password);
    world.terminal.say('These are two different ones.');
  }
}

/** A secret that somebody chose. */
function given(draft: Draft, path: string, secret: string, flag?: string): void {
  draft.put(path, secret, { told: 'as given', ...(flag !== undefined && { flag }) });
  if (!secret.startsWith('$argon2') && isWeak(secret))
    draft.notes.push(`${path} can be guessed: a longer one is better.`);
}
