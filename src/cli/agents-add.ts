import { mkdirSync } from 'node:fs';
import { dirname } from 'node:path';
import type { ConfigEdit } from '../config/edit/tree-edit.js';
import type { Tree } from '../config/tree.js';
import { agentId, MAIN_AGENT } from '../credentials/agent-id.js';
import { copyProfiles } from '../credentials/local/copy-profiles.js';
import type { LocalCredentials } from '../credentials/local/open-local.js';
import { writtenAgents } from './agent-place.js';
import { changeConfig } from './change-config.js';
import { CliError, wrongUsage } from './cli-error.js';
import type { CommandFile } from './command.js';
import { openModels, profileFiles } from './local-models.js';
import { word } from './terminal.js';

interface Options {
  readonly name?: string;
  readonly model?: string;
  readonly copyAuth?: boolean;
  readonly json?: boolean;
}

/** Adds an agent with credentials of its own. For what it has none of it uses the main agent's. */
export const command: CommandFile<Options> = {
  examples: ['doorward agents add work', 'doorward agents add work --model anthropic/claude-sonnet-4-5 --copy-auth'],

  describe(command) {
    command
      .argument('<id>', 'letters, digits, - and _')
      .option('--name <name>', 'what people call it')
      .option('--model <model>', 'what it asks first, as provider/model')
      .option('--copy-auth', "begin with copies of the main agent's keys and tokens (never of its logins)");
  },

  async run({ words, options, world }) {
    const { terminal } = world;
    const id = properId(words[0] ?? '');
    const local = await openModels(world);
    if (local.agents.has(id)) throw isThere(id);
    const { name, model, copyAuth } = options;
    if (copyAuth) profileFiles(local);
    const entry = { id, ...(name !== undefined && { name }), ...(model !== undefined && { model }) };
    await changeConfig((tree) => additions(entry, tree, local), world);

    const folder = local.files && dirname(local.files.describe(id));
    if (folder !== undefined) mkdirSync(folder, { recursive: true, mode: 0o700 });
    const { copied, left } = copyAuth ? await copy(local, id) : { copied: [], left: [] };
    if (options.json) return terminal.json({ id, agentDir: folder ?? null, copied, notCopied: left });
    terminal.result(`Added agent "${id}".`);
    if (copied.length > 0) terminal.result(`Copied from "${MAIN_AGENT}": ${copied.map(word).join(', ')}.`);
    if (left.length > 0) {
      terminal.warn(
        `not copied, since a login that two refresh ends for both: ${left.map(word).join(', ')}; they are inherited, or sign in anew: doorward models auth login --agent ${id}`,
      );
    }
    if (!copyAuth)
      terminal.say(
        `It inherits what "${MAIN_AGENT}" has. Its own: doorward models auth add --agent ${id} --provider <provider>`,
      );
  },
};

/** Without a list there is an agent `main` all the same; the first one that is added must not take its place. */
function additions(entry: { readonly id: string }, tree: Tree, local: LocalCredentials): ConfigEdit[] {
  const written = writtenAgents(tree, local);
  if (written.includes(entry.id)) throw isThere(entry.id);
  const list = ['agents', 'list'];
  if (written.length === 0) return [{ keys: list, value: [{ id: MAIN_AGENT, default: true }, entry] }];
  return [{ keys: [...list, String(written.length)], value: entry }];
}

const isThere = (id: string): CliError => new CliError(`agent "${id}" is there already`, { code: 'conflict' });

async function copy(local: LocalCredentials, agent: string) {
  const store = profileFiles(local);
  const main = await store.read(MAIN_AGENT);
  let outcome = { copied: [] as readonly string[], left: [] as readonly string[] };
  await store.update(agent, (stored) => {
    const { stored: next, ...rest } = copyProfiles(stored, main);
    outcome = rest;
    return next;
  });
  return outcome;
}

function properId(text: string): string {
  try {
    return agentId(text);
  } catch (error) {
    if (!(error instanceof Error) || error.name !== 'Refused') throw error;
    throw wrongUsage(error.message);
  }
}
