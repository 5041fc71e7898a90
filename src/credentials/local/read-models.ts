import type { ReadSettings } from '../../config/read-settings.js';
import { CLIENT_SETTINGS } from '../../config/read-settings.js';
import { substitute } from '../../config/substitute.js';
import { isTree, type Tree } from '../../config/tree.js';
import type { AgentEntry } from '../agents.settings.js';
import type { ProfileRules } from '../candidate-order.js';
import type { ModelConfig } from '../model-config.js';
import type { ModelProviderSettings } from '../models.settings.js';
import { type Reach, referenceReach } from './reference-reach.js';

/** For `readSettings`: what a command that works with credentials wants to know beside where the gateway is. */
export const MODEL_SETTINGS = {
  ...CLIENT_SETTINGS,
  'models.store': { env: 'MODELS_STORE' },
  'auth.syncCliLogins': { env: 'AUTH_SYNC_CLI_LOGINS', kind: 'boolean' },
} as const;

/** A reference of the configuration that leads nowhere. */
export interface Unresolved {
  readonly path: string;
  readonly why: string;
}

/** What the configuration says about model credentials, read without a validator. */
export interface ReadModels {
  readonly config: ModelConfig;
  readonly rules: ProfileRules;
  readonly store: 'file' | 'database';
  /** Whether the logins of other programs on this machine are taken over. */
  readonly syncsLogins: boolean;
  readonly unresolved: readonly Unresolved[];
}

type ProviderParts = Partial<ModelProviderSettings>;

/**
 * Reads `models`, `auth` and `agents` of a config file for a command that has no time for the settings classes. What has
 * the wrong shape is as good as not there: `doorward config validate` judges, this one does not. Of an API key only
 * whether there is one counts; a reference is followed when that is a look at this machine.
 */
export async function readModels(settings: ReadSettings): Promise<ReadModels> {
  const { models, auth, agents } = filled(settings);
  const unresolved: Unresolved[] = [];
  const providers: Record<string, ProviderParts> = {};
  for (const [name, entry] of Object.entries(treeAt(models, 'providers'))) {
    const written = treeAt(treeAt(treeAt(settings.tree, 'models'), 'providers'), name)['apiKey'];
    const reach = await referenceReach(written, settings);
    if (reach.state === 'lost') unresolved.push({ path: `models.providers.${name}.apiKey`, why: reach.why });
    if (isTree(entry)) providers[name] = providerOf(entry, reach);
  }
  const failover = treeAt(models, 'failover');
  const defaultModel = textAt(models, 'default');
  return {
    config: {
      mode: models['mode'] === 'replace' ? 'replace' : 'merge',
      ...(defaultModel !== undefined && { defaultModel }),
      providers,
      failover: { enabled: failover['enabled'] !== false, providers: textsAt(failover, 'providers') },
      agents: entriesOf(agents['list']),
      defaults: treeAt(agents, 'defaults'),
    },
    rules: rulesOf(auth),
    store: settings.get('models.store') === 'database' ? 'database' : 'file',
    syncsLogins: settings.get('auth.syncCliLogins') !== false,
    unresolved,
  };
}

/** Our three sections with `${NAME}` replaced; one that is not set stays as it is written. */
function filled({ tree, environment }: ReadSettings): Readonly<Record<'models' | 'auth' | 'agents', Tree>> {
  const sections = {
    models: treeAt(tree, 'models'),
    auth: treeAt(tree, 'auth'),
    agents: treeAt(tree, 'agents'),
  };
  const { tree: replaced } = substitute(sections, (name) => environment.get(`!${name}`));
  return replaced as typeof sections;
}

function providerOf(entry: Tree, reach: Reach): ProviderParts {
  const { type, api, auth, models } = entry as ProviderParts;
  const baseUrl = textAt(entry, 'baseUrl');
  return {
    ...(type !== undefined && { type }),
    ...(api !== undefined && { api }),
    ...(auth !== undefined && { auth }),
    ...(baseUrl !== undefined && { baseUrl }),
    ...(Array.isArray(models) && { models: models.filter(isModel) }),
    ...(reach.state === 'there' && { apiKey: reach.value ?? '' }),
    headers: plainHeaders(treeAt(entry, 'headers')),
  };
}

/** Those that are kept elsewhere are the gateway's to fetch. */
function plainHeaders(headers: Tree): Record<string, string> {
  const plain = Object.entries(headers).filter((entry): entry is [string, string] => typeof entry[1] === 'string');
  return Object.fromEntries(plain);
}

function isModel(model: unknown): boolean {
  return typeof model === 'string' || textAt(isTree(model) ? model : {}, 'id') !== undefined;
}

function entriesOf(list: unknown): AgentEntry[] {
  const entries = Array.isArray(list) ? (list as unknown[]) : [];
  return entries.filter((entry): entry is AgentEntry & Tree => isTree(entry) && textAt(entry, 'id') !== undefined);
}

function rulesOf(auth: Tree): ProfileRules {
  const profiles = Object.entries(treeAt(auth, 'profiles')).filter(
    ([, note]) => isTree(note) && textAt(note, 'provider'),
  );
  const order = treeAt(auth, 'order');
  return {
    profiles: Object.fromEntries(profiles) as ProfileRules['profiles'],
    order: Object.fromEntries(Object.keys(order).map((provider) => [provider, textsAt(order, provider)])),
  };
}

function treeAt(tree: Tree, key: string): Tree {
  const value = Object.hasOwn(tree, key) ? tree[key] : undefined;
  return isTree(value) ? value : {};
}

function textAt(tree: Tree, key: string): string | undefined {
  const value = tree[key];
  return typeof value === 'string' ? value : undefined;
}

function textsAt(tree: Tree, key: string): string[] {
  const value = tree[key];
  return Array.isArray(value) ? value.filter((item): item is string => typeof item === 'string') : [];
}
