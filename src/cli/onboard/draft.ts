import { isDeepStrictEqual } from 'node:util';
import type { EditsFor } from '../../config/edit/edit-config.js';
import { valueAt } from '../../config/tree.js';
import { wrongUsage } from '../cli-error.js';
import { word } from '../terminal.js';
import { type Scene, strongerVariable } from './scene.js';

/** How a setting came about, and how it is spoken of. */
interface Manner {
  /** The flag that said so; without one somebody was asked, or it is the default. */
  readonly flag?: string;
  /** What is told in the place of a secret. */
  readonly told?: string;
}

/** What is to stand in the config file when all has been settled. Nothing is written before that. */
export class Draft {
  /** By path, without any secret. */
  readonly told = new Map<string, unknown>();
  readonly notes: string[] = [];
  private readonly makers: EditsFor[] = [];

  constructor(readonly scene: Scene) {}

  /** What the file says at a path. */
  present(path: string): unknown {
    return valueAt(this.scene.settings.tree, path);
  }

  /** Whether nobody needs to be asked: a variable is stronger than the file, or the file speaks and is kept. */
  isSettled(path: string): boolean {
    const variable = strongerVariable(path, this.scene)?.variable;
    if (variable !== undefined) this.notes.push(`${path} comes from ${variable}, which is stronger than the file.`);
    return variable !== undefined || (this.scene.mode === 'keep' && this.present(path) !== undefined);
  }

  /** Whether a secret is there, in the file or in a variable. */
  has(path: string): boolean {
    return this.present(path) !== undefined || strongerVariable(path, this.scene) !== undefined;
  }

  /** Settles what the file is to say at a path. Throws CliError where a file that is kept says something else. */
  put(path: string, value: unknown, { flag, told }: Manner = {}): void {
    const { mode } = this.scene;
    const present = this.present(path);
    const stronger = flag === undefined ? undefined : strongerVariable(path, this.scene)?.variable;
    if (stronger !== undefined) this.notes.push(`${stronger} is set, and stronger than ${path} in the file.`);
    if (isDeepStrictEqual(present, value)) return;
    if (mode === 'keep' && present !== undefined) throw isKept(path, flag);

    this.add(path, told ?? value, (tree) => {
      const isTaken = mode === 'keep' && valueAt(tree, path) !== undefined;
      return isTaken ? [] : [{ keys: path.split('.'), value }];
    });
  }

  /** The same for what is not one setting. */
  add(path: string, told: unknown, edits: EditsFor): void {
    this.told.set(path, told);
    this.makers.push(edits);
  }

  readonly edits: EditsFor = (tree) => this.makers.flatMap((make) => make(tree));
}

/** For an answer that a file which is kept has given already, and otherwise. */
export const isKept = (path: string, flag = 'the answer'): Error =>
  wrongUsage(
    `${flag}: ${word(path)} stands there already and says something else, and "keep" changes nothing that is there`,
    `Change it with --mode modify, or leave ${flag} out.`,
  );
