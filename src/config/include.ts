import { realpathSync } from 'node:fs';
import { dirname, relative, resolve, sep } from 'node:path';
import type { FieldError } from '../kernel/errors.js';
import { ConfigError } from './config-error.js';
import { textOf } from './config-file.js';
import { reasonOf } from './file-reason.js';
import { parseConfig } from './parse-config.js';
import { isTree, join, kindOf, type Tree } from './tree.js';

const KEY = '$include';

/** Files within files; and files in all, so that a few which name each other twice are not a million. */
const MOST = { deep: 10, files: 64 } as const;

/** A config file with everything that it includes. */
export interface Whole {
  readonly tree: Tree;
  /** The included files, each once, absolute. */
  readonly files: readonly string[];
  /** The included file from which what stands at a path came; undefined for the config file's own. */
  readonly fileOf: (path: string) => string | undefined;
}

export const NOTHING_INCLUDED: Whole = { tree: {}, files: [], fileOf: () => undefined };

/** Where a tree stands while its includes are taken in. */
interface Place {
  /** The file that holds it. */
  readonly file: string;
  /** Where it comes to stand in the whole. */
  readonly path: string;
  /** The real paths of the files that led here, the config file first. */
  readonly chain: readonly string[];
}

/**
 * Takes in what `$include: "file"` or `$include: ["file", …]` names: relative to the including file and inside the
 * directory of the config file, by where they really are when they are symbolic links. What stands beside `$include` wins over what is included, a
 * later file over an earlier one; objects are merged, everything else is replaced. Throws one ConfigError with all that
 * is wrong, each naming the key and the file.
 */
export async function withIncludes(tree: Tree, file: string): Promise<Whole> {
  const real = realpathSync(file);
  const reader = new IncludeReader(dirname(real));
  const whole = await reader.take(tree, { file: real, path: '', chain: [real] });
  if (reader.errors.length > 0) throw new ConfigError(reader.errors, file);
  return { tree: whole as Tree, files: [...reader.files], fileOf: (path) => nearest(reader.origins, path) };
}

class IncludeReader {
  readonly errors: FieldError[] = [];
  readonly files = new Set<string>();
  /** The file of each path whose value an included file gave. */
  readonly origins = new Map<string, string>();
  private count = 0;

  constructor(private readonly root: string) {}

  /** The value with its includes taken in. */
  async take(value: unknown, place: Place): Promise<unknown> {
    if (Array.isArray(value)) {
      const items: unknown[] = [];
      for (const [index, item] of value.entries()) items.push(await this.take(item, below(place, String(index))));
      return items;
    }
    if (!isTree(value)) return value;
    const { [KEY]: named, ...own } = value;
    let whole: Tree = {};
    for (const name of this.names(named, place)) whole = merged(whole, await this.read(name, place));
    const taken: Record<string, unknown> = {};
    for (const [key, child] of Object.entries(own)) {
      const at = below(place, key);
      this.origin(at);
      taken[key] = await this.take(child, at);
    }
    return merged(whole, taken);
  }

  /** The later file has the last word about a path. */
  private origin({ path, file, chain }: Place): void {
    if (chain.length > 1) this.origins.set(path, file);
    else this.origins.delete(path);
  }

  private names(named: unknown, place: Place): string[] {
    if (named === undefined) return [];
    const names = Array.isArray(named) ? (named as unknown[]) : [named];
    const wrong = names.find((name) => typeof name !== 'string' || name.trim() === '' || name.includes('\0'));
    if (names.length > 0 && wrong === undefined) return names as string[];
    const found = typeof wrong === 'string' ? 'blank text' : names.length === 0 ? 'an empty list' : kindOf(wrong);
    this.fail(place, `must be the name of a file or a list of them, and is ${found}`);
    return [];
  }

  private async read(name: string, place: Place): Promise<Tree> {
    const path = resolve(dirname(place.file), name);
    const real = this.realPath(path, place);
    if (real === undefined) return {};
    if (!real.startsWith(this.root + sep)) {
      return this.fail(place, `${path} lies outside ${this.root}; only files beside or below the config file count`);
    }
    if (place.chain.includes(real)) return this.fail(place, `${path} includes itself, by ${shown(place, real)}`);
    if (place.chain.length > MOST.deep)
      return this.fail(place, `${path} is included more than ${MOST.deep} files deep`);
    if ((this.count += 1) > MOST.files) return this.fail(place, `${path} is one of more than ${MOST.files} files`);

    this.files.add(real);
    try {
      const tree = await parseConfig(textOf(real), real);
      return (await this.take(tree, { file: real, path: place.path, chain: [...place.chain, real] })) as Tree;
    } catch (error) {
      if (!(error instanceof ConfigError)) throw error;
      for (const one of error.errors) this.errors.push(inFile(one, real));
      return {};
    }
  }

  private realPath(path: string, place: Place): string | undefined {
    try {
      return realpathSync(path);
    } catch (error) {
      this.fail(place, `${path} cannot be read: ${reasonOf(error)}; correct the name, or make the file`);
      return undefined;
    }
  }

  private fail({ path, file, chain }: Place, message: string): Tree {
    const error = { path: join(path, KEY), message };
    this.errors.push(chain.length > 1 ? inFile(error, file) : error);
    return {};
  }
}

/** An error that says in which file it is to be corrected. */
export function inFile({ path, message }: FieldError, file: string): FieldError {
  return path === file || message.includes(file) ? { path, message } : { path, message: `${message} (in ${file})` };
}

const below = (place: Place, key: string): Place => ({ ...place, path: join(place.path, key) });

const shown = ({ chain }: Place, real: string): string =>
  chain
    .slice(chain.indexOf(real))
    .map((file) => relative(dirname(chain[0]!), file))
    .join(' → ');

/** `upper` over `lower`: objects key by key, everything else whole. */
function merged(lower: Tree, upper: Tree): Tree {
  const whole: Record<string, unknown> = { ...lower };
  for (const [key, value] of Object.entries(upper)) {
    const under = whole[key];
    whole[key] = isTree(under) && isTree(value) ? merged(under, value) : value;
  }
  return whole;
}

function nearest(origins: ReadonlyMap<string, string>, path: string): string | undefined {
  for (let at = path; at !== ''; at = at.slice(0, Math.max(0, at.lastIndexOf('.')))) {
    const file = origins.get(at);
    if (file !== undefined) return file;
  }
  return undefined;
}
