import type { LocalCredentials } from '../credentials/local/open-local.js';
import { substitute } from '../config/substitute.js';
import { isTree, type Tree, valueAt } from '../config/tree.js';
import { CliError } from './cli-error.js';
import { word } from './terminal.js';

const LIST = ['agents', 'list'] as const;

/**
 * The keys of an agent in the list of the config file itself: a reader leaves broken entries out and puts included ones in,
 * so a place of its list is none of the file's. Undefined where nobody has a list. Throws CliError for an agent that is not
 * in the file (any more).
 */
export function placeOfAgent(tree: Tree, id: string, local: LocalCredentials): readonly string[] | undefined {
  const list = writtenAgents(tree, local);
  if (list.length === 0) return undefined;
  const index = list.indexOf(id.toLowerCase());
  if (index >= 0) return [...LIST, String(index)];
  throw new CliError(`agent "${word(id)}" is not in the list of the config file`, {
    code: 'not_found',
    nextStep: 'See: doorward agents list. One that comes from an included file is changed there.',
  });
}

/**
 * The ids in the list of the config file, in lower case and in its order, undefined for an entry without one; empty where
 * there is no list. Throws CliError when the list is in a file that this one includes.
 */
export function writtenAgents(tree: Tree, { config, settings }: LocalCredentials): readonly (string | undefined)[] {
  const written = valueAt(tree, LIST.join('.'));
  const { tree: filled } = substitute({ list: written }, (name) => settings.environment.get(`!${name}`));
  const list = Array.isArray(filled['list']) ? (filled['list'] as unknown[]) : [];
  if (list.length === 0 && config.agents.length > 0) {
    throw new CliError('the list of agents is not in the config file itself', {
      code: 'not_possible',
      nextStep: 'Change the file that it includes.',
    });
  }
  return list.map((entry) =>
    isTree(entry) && typeof entry['id'] === 'string' ? entry['id'].toLowerCase() : undefined,
  );
}
