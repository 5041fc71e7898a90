import type { LoadedConfig } from '../config/load.js';
import { isTree } from '../config/tree.js';
import { keysOfPath } from './change-config.js';
import { CliError } from './cli-error.js';
import type { CommandFile, World } from './command.js';
import { word } from './terminal.js';

interface Options {
  readonly showOrigin?: boolean;
  readonly json?: boolean;
}

/** The configuration that holds, defaults and variables included. Secrets are marks; a reference is shown as one. */
export const command: CommandFile<Options> = {
  examples: [
    'doorward config get',
    'doorward config get gateway.auth.mode',
    'doorward config get gateway --show-origin',
  ],

  describe(command) {
    command.argument('[path]', 'one setting or section, such as gateway.auth.mode');
    command.option('--show-origin', 'say for each setting where its value comes from');
  },

  async run({ words, options, world }) {
    const [path = ''] = words;
    const keys = path === '' ? [] : await keysOfPath(path);
    const { loaded, tree, at } = await effective(world);
    const value = at(tree, keys);
    if (value === undefined) throw notSet(path, keys, tree);
    if (options.showOrigin) return showOrigins(value, keys, loaded, options, world);
    if (options.json) return world.terminal.json(value);
    world.terminal.result(typeof value === 'object' ? JSON.stringify(value, null, 2) : word(value));
  },
};

async function effective(world: World) {
  const [{ loadConfig }, { Environment }, { checkingSecrets }, { effectiveTree, at }, parts] = await Promise.all([
    import('../config/load.js'),
    import('../config/environment.js'),
    import('../secrets/checking-secrets.js'),
    import('../config/effective.js'),
    world.gatewayParts(),
  ]);
  const env = new Environment(world.environment);
  const loaded = await loadConfig({ ...parts, env, secrets: checkingSecrets() });
  return { loaded, tree: effectiveTree(loaded, parts.settings), at };
}

function notSet(path: string, [section]: readonly string[], tree: object): CliError {
  const isOurs = section !== undefined && Object.hasOwn(tree, section);
  const nextStep = isOurs
    ? 'See what there is with: doorward config get, or doorward config schema'
    : `The sections that Doorward reads are: ${Object.keys(tree).join(', ')}`;
  return new CliError(isOurs ? `${word(path)} is not set` : `${word(path)} is no setting of Doorward`, {
    code: 'not_set',
    nextStep,
  });
}

function showOrigins(value: unknown, keys: readonly string[], loaded: LoadedConfig, options: Options, world: World) {
  const rows = leaves(value, keys).map(([path, shown]) => ({ path, value: shown, origin: originOf(path, loaded) }));
  if (options.json) return world.terminal.json(rows);
  const width = Math.max(...rows.map(({ path }) => path.length));
  for (const { path, value: shown, origin } of rows) {
    world.terminal.result(`${path.padEnd(width)}  ${word(shown)}  (${origin})`);
  }
}

function leaves(value: unknown, keys: readonly string[]): (readonly [path: string, value: unknown])[] {
  const isBranch = isTree(value) && Object.keys(value).length > 0 && !('source' in value && 'id' in value);
  if (!isBranch) return [[keys.join('.'), value]];
  return Object.entries(value).flatMap(([key, child]) => leaves(child, [...keys, key]));
}

/** The origin of the setting itself, or of the one that it is part of: `DOORWARD_GATEWAY_PORT`, the file, or the default. */
function originOf(path: string, { origins, configPath }: LoadedConfig): string {
  const steps = path.split('.');
  for (let length = steps.length; length > 0; length -= 1) {
    const origin = origins.get(steps.slice(0, length).join('.'));
    if (origin !== undefined) return origin === 'file' && configPath !== undefined ? configPath : origin;
  }
  return 'default';
}
