import type { FoundCommand } from './find-command.js';
import type { Preset, PresetOptions } from './preset.js';

/** Our own program, as it is started: the interpreter, and the file that it reads. */
export interface OwnProgram {
  readonly node: string;
  readonly script: string;
}

const TIMEOUT_MS = 30_000;

/**
 * The provider that a preset comes to, as it is written into `secrets.providers`: our own program between the gateway and
 * the keeper's. Nothing in it is secret.
 */
export function presetProvider(
  preset: Preset,
  command: FoundCommand,
  options: PresetOptions,
  { node, script }: OwnProgram,
): object {
  const settings = preset.options.map(({ name }) => `${name}=${options[name]}`);
  return {
    source: 'exec',
    command: node,
    args: [
      script,
      'secrets',
      'resolver',
      preset.name,
      '--command',
      command.path,
      ...(command.isLink ? ['--allow-symlink'] : []),
      ...settings.flatMap((setting) => ['--set', setting]),
    ],
    passEnv: [...preset.passEnv],
    jsonOnly: true,
    timeoutMs: TIMEOUT_MS,
  };
}

/** The options as they are used: what was said, and else the defaults. Throws OptionProblem for the first that is wrong. */
export function completeOptions(preset: Preset, given: PresetOptions): PresetOptions {
  const unknown = Object.keys(given).find((name) => !preset.options.some((option) => option.name === name));
  if (unknown !== undefined) {
    const known = preset.options.map(({ name }) => name).join(', ');
    throw new OptionProblem(
      `${unknown} is no option of ${preset.name}; ${known === '' ? 'it has none' : `known: ${known}`}`,
    );
  }
  return Object.fromEntries(
    preset.options.map(({ name, initial, pattern, rule }) => {
      const value = given[name] ?? initial;
      if (value === undefined) throw new OptionProblem(`${name} is needed: it ${rule}`);
      if (!pattern.test(value)) throw new OptionProblem(`${name} ${rule}`);
      return [name, value];
    }),
  );
}

export class OptionProblem extends Error {
  override readonly name = 'OptionProblem';
}
