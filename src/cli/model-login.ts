import type { Command } from 'commander';
import type { EditsFor } from '../config/edit/edit-config.js';
import type { ConfigEdit } from '../config/edit/tree-edit.js';
import type { Tree } from '../config/tree.js';
import type { Login, LoginRequest } from '../credentials/methods/login-method.js';
import type { OAuthProviders } from '../credentials/oauth/oauth-provider.js';
import { changeConfig } from './change-config.js';
import { CliError, EXIT, wrongUsage } from './cli-error.js';
import type { World } from './command.js';
import { addValueOptions, givenValue, type ValueOptions } from './given-value.js';
import { namedAgent, openModels, otherLogins } from './local-models.js';
import { findTarget } from './target.js';
import { GatewayClient } from './gateway-client.js';
import type { LocalCredentials } from '../credentials/local/open-local.js';
import { loginTerminal } from './login-terminal.js';
import { primaryEdit } from './models-set.js';
import { word } from './terminal.js';

export interface LoginOptions extends ValueOptions {
  readonly provider: string;
  readonly agent?: string;
  readonly profileId?: string;
  readonly expiresIn?: string;
  readonly setDefault?: boolean;
  readonly json?: boolean;
}

/** What is asked for, beside the flags. */
export interface Wanted {
  /** Undefined: the best that the provider has. */
  readonly method?: string;
}

/** The flags of every way to log in. */
export function addLoginOptions(command: Command): Command {
  command
    .requiredOption('--provider <id>', 'the model provider, such as anthropic')
    .option('--agent <id>', 'for another agent than the default one')
    .option('--profile-id <id>', 'under which id it is kept, such as anthropic:work')
    .option('--set-default', 'ask a model of this provider first');
  return addValueOptions(command, 'key or token');
}

/**
 * Signs in at a model provider, stores what came of it, and notes in the configuration that it is there. Nothing is stored
 * unless the whole sign-in succeeded. Throws CliError in the words of the method.
 */
export async function logIn(options: LoginOptions, wanted: Wanted, world: World): Promise<void> {
  const local = await openModels(world);
  const agent = namedAgent(local, options.agent);
  const { providerId } = await import('../credentials/profile.js');
  const provider = providerId(options.provider);
  if (!/^[a-z0-9][a-z0-9._-]{0,63}$/.test(provider)) throw wrongUsage(`not a provider: ${word(options.provider)}`);
  const secret = await givenValue(options, world);
  const { profileId, expiresIn } = options;
  const request: LoginRequest = {
    provider,
    ...(profileId !== undefined && { profileId }),
    ...(expiresIn !== undefined && { expiresIn }),
    ...(secret !== undefined && { secret: secret.trim() }),
  };
  const { method, login } = await performed(request, wanted, world);

  await stored(login, agent.id, local, world);
  const { notesFor } = await import('../credentials/local/profile-notes.js');
  const notes = await notesFor(provider, local);
  const model = options.setDefault ? await defaultModel(login, local) : undefined;
  const asker = options.agent === undefined ? undefined : agent;
  const defaults = (tree: Tree): ConfigEdit[] => (model === undefined ? [] : [primaryEdit(model, asker, tree, local)]);
  if (notes.length > 0 || model !== undefined) await noted((tree) => [...notes, ...defaults(tree)], world);

  const answer = {
    agent: agent.id,
    provider,
    profileId: login.id,
    type: login.profile.type,
    method,
    model: model ?? null,
  };
  if (options.json) return world.terminal.json(answer);
  world.terminal.result(
    `Stored ${word(login.id)} for agent "${agent.id}" (${local.files?.describe(agent.id) ?? 'in the database'}).`,
  );
  if (model !== undefined) world.terminal.result(`Asked first: ${word(model)}.`);
  else if (options.setDefault) {
    world.terminal.warn(`no model of ${provider} is known; name one with: doorward models set ${provider}/<model>`);
  }
}

/** The login that a key is; not stored yet. Throws CliError for what is no key. */
export async function keyLogin(provider: string, secret: string, world: World): Promise<Login> {
  const { login } = await performed({ provider, secret }, { method: 'api-key' }, world, new Map());
  return login;
}

/** In the file of this machine, or by the gateway where profiles are in the database. */
export async function stored(login: Login, agent: string, { files }: LocalCredentials, world: World): Promise<void> {
  if (files) {
    const { storeLogin } = await import('../credentials/methods/store-login.js');
    await storeLogin(files, agent, login, Date.now());
    return;
  }
  const client = new GatewayClient(await findTarget({}, world));
  const path = `/api/v1/agents/${encodeURIComponent(agent)}/profiles/${encodeURIComponent(login.id)}`;
  await client.put(path, login.profile);
}

/** `clients`: where one can sign in, for whom that is known without the configuration. */
async function performed(
  request: LoginRequest,
  { method: name }: Wanted,
  world: World,
  clients?: OAuthProviders,
): Promise<{ readonly method: string; readonly login: Login }> {
  const [{ chooseMethod }, { HttpClient }, { OAuthClient }, { systemClock }, known] = await Promise.all([
    import('../credentials/methods/choose-method.js'),
    import('../credentials/http.js'),
    import('../credentials/oauth/oauth-client.js'),
    import('../kernel/clock.js'),
    clients ?? loginProviders(world),
  ]);
  const http = new HttpClient(systemClock);
  try {
    const method = chooseMethod(
      request.provider,
      known,
      name ?? (request.secret === undefined ? undefined : 'api-key'),
    );
    const login = await method.login(request, {
      terminal: loginTerminal(world),
      providers: method.asClient ? await loginProviders(world, request.provider) : known,
      clock: systemClock,
      oauth: new OAuthClient(http, systemClock),
      cliLogins: await otherLogins(world),
    });
    return { method: method.id, login };
  } catch (error) {
    throw inWords(error, request.provider);
  } finally {
    await http.close();
  }
}

/**
 * Where one can sign in, from the whole configuration: a client's secret may be a reference. That of `client` is asked for
 * also where a program keeps it; without it the provider would be shown no secret, or none that it knows.
 */
async function loginProviders(world: World, client?: string) {
  const [{ loadConfig }, { Environment }, { checkingSecrets }, { oauthProviders }, parts] = await Promise.all([
    import('../config/load.js'),
    import('../config/environment.js'),
    import('../secrets/checking-secrets.js'),
    import('../credentials/oauth/oauth-provider.js'),
    world.gatewayParts(),
  ]);
  const env = new Environment(world.environment);
  const path = ['auth', 'providers', client, 'clientSecret'];
  const secrets = checkingSecrets(({ keys }) => path.every((key, index) => key === keys[index]));
  const { snapshot } = await loadConfig({ ...parts, env, secrets });
  return snapshot.once(oauthProviders);
}

/** Errors of the ways to log in know nothing of exit codes. */
function inWords(error: unknown, provider: string): unknown {
  if (!(error instanceof Error)) return error;
  if (error.name === 'Refused') {
    const { code } = error as Error & { code?: string };
    return new CliError(error.message, { code, exitCode: code === 'invalid_request' ? EXIT.usage : EXIT.failed });
  }
  if (error.name === 'OAuthRefused') {
    return new CliError(`${word(provider)} refused the sign-in: ${word(error.message)}`, { code: 'provider_declined' });
  }
  if (error.name === 'Unavailable') return new CliError(error.message, { code: 'unavailable', nextStep: 'Try again.' });
  return error;
}

/** The credential is stored and works; a config file that cannot be written must not make a failure of that. */
async function noted(edits: EditsFor, world: World): Promise<void> {
  try {
    await changeConfig(edits, world);
  } catch (error) {
    const reason = error instanceof Error ? error.message.split('\n')[0]! : String(error);
    world.terminal.warn(`the credential is stored, but the config file could not be changed: ${word(reason)}`);
  }
}

async function defaultModel(login: Login, local: LocalCredentials): Promise<string | undefined> {
  const { firstModelOf } = await import('../credentials/local/first-model.js');
  return firstModelOf(login, local.config);
}
