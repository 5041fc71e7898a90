import { readSecretFile } from './secret-file.js';
import { ConfigError } from './config-error.js';

/** The prefixes of the family; the first that is found wins (contract section 1). */
export const PREFIXES = ['DOORWARD_', 'OPENCLAW_', 'CLAWDBOT_', 'SPECIAL_AGENT_'] as const;

/** Where a layer of variables comes from, in the words that are shown to a person. */
export type EnvironmentSource = 'environment' | '.env' | 'config env' | 'shell env';

export interface FoundVariable {
  /** The full name of the variable that won, such as `OPENCLAW_GATEWAY_PORT`. */
  readonly variable: string;
  readonly value: string;
  readonly source: EnvironmentSource;
  /** Set when another spelling of the same name holds a different value: names only, never values. */
  readonly warning?: string;
}

interface Layer {
  readonly source: EnvironmentSource;
  readonly values: ReadonlyMap<string, string>;
}

type Variables = Readonly<Record<string, string | undefined>>;

/**
 * The variables that the gateway was started with, unchanging. Weaker layers (`.env`, the config's `env` block, the login
 * shell) are laid below and never override what is above them, under whichever spelling. A blank value counts as unset.
 *
 * Names are given without prefix: `GATEWAY_PORT` stands for DOORWARD_GATEWAY_PORT and its aliases; a leading `!`
 * means exactly that name: `!DATABASE_URL`.
 */
export class Environment {
  private readonly layers: readonly Layer[];

  constructor(variables: Variables, source: EnvironmentSource = 'environment', above: readonly Layer[] = []) {
    const set = Object.entries(variables).filter((entry): entry is [string, string] => !isBlank(entry[1]));
    this.layers = [...above, { source, values: new Map(set) }];
  }

  /** This environment with `variables` below it: they fill what is missing. */
  below(variables: Variables, source: EnvironmentSource): Environment {
    return new Environment(variables, source, this.layers);
  }

  get(name: string): string | undefined {
    return this.find(name)?.value;
  }

  /** The variable that `name` stands for: the strongest layer first, in it the first prefix. */
  find(name: string): FoundVariable | undefined {
    const hits = this.layers.flatMap(({ source, values }) =>
      spellings(name)
        .filter((variable) => values.has(variable))
        .map((variable) => ({ variable, value: values.get(variable)!, source })),
    );
    const winner = hits[0];
    if (!winner) return undefined;

    const others = hits.filter(({ variable, value }) => variable !== winner.variable && value !== winner.value);
    const names = [...new Set(others.map(({ variable }) => variable))].join(' and ');
    return names === ''
      ? winner
      : { ...winner, warning: `${winner.variable} and ${names} hold different values: ${winner.variable} is used` };
  }

  /**
   * A secret, from the variable itself or from the file that its `_FILE` twin names. Throws ConfigError when both are
   * set, and when the file cannot be read, is empty or is no ordinary file.
   */
  findSecret(name: string): FoundVariable | undefined {
    const direct = this.find(name);
    const twin = this.find(`${name}_FILE`);
    if (!twin) return direct;
    if (direct) {
      const message = `is set, and so is ${twin.variable}; keep one of them`;
      throw new ConfigError([{ path: direct.variable, message }]);
    }
    return { ...twin, value: readSecretFile(twin.variable, twin.value) };
  }

  /** Every variable whose full name fits, of every layer; the strongest layer's value for each. */
  matching(fits: (name: string) => boolean): Record<string, string> {
    const weakestFirst = this.layers.toReversed().flatMap(({ values }) => [...values]);
    return Object.fromEntries(weakestFirst.filter(([name]) => fits(name)));
  }

  /** The names that one source brought in, for display: `shell env: OPENAI_API_KEY`. */
  namesFrom(source: EnvironmentSource): string[] {
    return this.layers.filter((layer) => layer.source === source).flatMap(({ values }) => Array.from(values.keys()));
  }

  /** The variables of the strongest layer, for a child process. */
  own(): Record<string, string> {
    return Object.fromEntries(this.layers[0]!.values);
  }
}

/** Every full name that `name` stands for, in the order in which they are looked up. */
export function spellings(name: string): string[] {
  return name.startsWith('!') ? [name.slice(1)] : PREFIXES.map((prefix) => prefix + name);
}

function isBlank(value: string | undefined): boolean {
  return value === undefined || value.trim() === '';
}
