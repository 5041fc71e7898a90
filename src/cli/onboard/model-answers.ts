import { isDeepStrictEqual } from 'node:util';
import type { Agent } from '../../credentials/agents.js';
import type { LocalCredentials } from '../../credentials/local/open-local.js';
import type { Login } from '../../credentials/methods/login-method.js';
import type { ModelProvider } from '../../credentials/model-providers.js';
import { providerId } from '../../credentials/profile.js';
import { providersOf } from '../../credentials/provider-list.js';
import { wrongUsage } from '../cli-error.js';
import type { World } from '../command.js';
import type { Conversation } from '../conversation.js';
import { namedAgent, openModels, profileFiles } from '../local-models.js';
import { word } from '../terminal.js';
import { type Draft, isKept } from './draft.js';
import { modelAnswer } from './first-model.js';
import { keyAnswer } from './model-key.js';
import type { OnboardOptions } from './options.js';

/** A credential that is stored once the configuration is written. */
export interface NewLogin {
  readonly login: Login;
  readonly agent: Agent;
  readonly local: LocalCredentials;
}

/** At which model provider there is a key, and which model is asked first. Nothing of it has to be said. */
export async function modelAnswers(
  draft: Draft,
  options: OnboardOptions,
  talk: Conversation | undefined,
  world: World,
): Promise<NewLogin | undefined> {
  const local = await openModels(draft.scene.world);
  const agent = namedAgent(local, undefined);
  const provider = await chosenProvider(options, local, talk);
  if (!provider && (options.modelKeyFile ?? options.modelKeyRefEnv) !== undefined) {
    throw wrongUsage('a key was given, and no provider that it is for', 'Name it: --auth-choice <provider>');
  }
  const login =
    provider && !provider.isKeyless ? await newLogin(provider, draft, options, talk, world, local) : undefined;
  if (login) await noteLogin(login, draft, local);
  await modelAnswer(draft, options, talk, { provider, agent, local });
  return login && { login, agent, local };
}

async function chosenProvider(
  { authChoice }: OnboardOptions,
  { config }: LocalCredentials,
  talk: Conversation | undefined,
): Promise<ModelProvider | undefined> {
  // Codex takes no keys but sign-ins, which have a command of their own.
  const offered = [...providersOf(config).values()].filter(({ dialect }) => dialect !== 'codex');
  if (authChoice === undefined) {
    const found = await talk?.choose<ModelProvider | 'skip'>(
      'Is there a key for a model provider?',
      [
        { label: 'Skip: not now', value: 'skip' },
        ...offered.map((value) => ({ label: value.isKeyless ? `${value.id} (needs no key)` : value.id, value })),
      ],
      'skip',
    );
    return found === 'skip' ? undefined : found;
  }
  if (authChoice.trim().toLowerCase() === 'skip') return undefined;
  const chosen = offered.find(({ id }) => id === providerId(authChoice));
  if (chosen) return chosen;
  throw wrongUsage(
    `--auth-choice: ${word(authChoice)} is no provider that takes a key`,
    `There is: skip, ${offered.map(({ id }) => id).join(', ')}. For sign-ins: doorward models auth login --provider <id>`,
  );
}

/** Undefined where nobody gives a key, or the very same is stored already. */
async function newLogin(
  { id: provider }: ModelProvider,
  draft: Draft,
  options: OnboardOptions,
  talk: Conversation | undefined,
  world: World,
  local: LocalCredentials,
): Promise<Login | undefined> {
  const files = profileFiles(local);
  const login = await keyAnswer(provider, draft, options, talk, world, local);
  const stored = (await files.read(namedAgent(local, undefined).id)).profiles[login.id];
  if (isDeepStrictEqual(stored, login.profile)) return undefined;
  if (stored === undefined || draft.scene.mode !== 'keep') return login;
  throw isKept(`the stored profile ${login.id}`, '--auth-choice');
}

/** In the configuration, as `models auth add` does it. */
async function noteLogin(login: Login, draft: Draft, local: LocalCredentials): Promise<void> {
  const [{ notesFor }, { profileNote }] = await Promise.all([
    import('../../credentials/local/profile-notes.js'),
    import('../../credentials/methods/store-login.js'),
  ]);
  const keys = ['auth', 'profiles', login.id];
  const others = (await notesFor(login.profile.provider, local)).filter((edit) => !isDeepStrictEqual(edit.keys, keys));
  draft.add(keys.join('.'), login.profile.type, () => [...others, { keys, value: profileNote(login) }]);
}
