/** What a node says it can do, or what a person lets it be used for. */
export interface Abilities {
  readonly caps: readonly string[];
  readonly commands: readonly string[];
  /** Names of what its own machine grants it: those that it sent as true. */
  readonly permissions: readonly string[];
}

export const NO_ABILITIES: Abilities = { caps: [], commands: [], permissions: [] };

const KINDS = ['caps', 'commands', 'permissions'] as const;

/** As it stands in `connect` and `node.pair.request`. */
export interface Declaration {
  readonly caps?: readonly string[];
  readonly commands?: readonly string[];
  /** Name → whether it is granted. What is no plain yes is no. */
  readonly permissions?: Readonly<Record<string, unknown>>;
}

/** Longer names, and such as no list can show, are no permissions of ours. */
const SHOWABLE = /^[^\p{Cc}\p{Cf}\p{Zl}\p{Zp}]{1,256}$/u;
const MOST_PERMISSIONS = 256;

/** What a node declares, each name once and in order, so that the same declaration is the same request. */
export function declared({ caps = [], commands = [], permissions = {} }: Declaration): Abilities {
  const granted = Object.keys(permissions).filter((name) => permissions[name] === true && SHOWABLE.test(name));
  return { caps: inOrder(caps), commands: inOrder(commands), permissions: inOrder(granted).slice(0, MOST_PERMISSIONS) };
}

/** What of a declaration was not approved: not usable until a person has looked at it (S103). */
export function beyond(wanted: Abilities, approved: Abilities): Abilities {
  return each((kind) => wanted[kind].filter((name) => !approved[kind].includes(name)));
}

/** What may be used of a connected node: what it declares now, as far as it was approved. */
export function usable(wanted: Abilities, approved: Abilities): Abilities {
  return each((kind) => wanted[kind].filter((name) => approved[kind].includes(name)));
}

export function isNothing(abilities: Abilities): boolean {
  return KINDS.every((kind) => abilities[kind].length === 0);
}

export function sameAbilities(one: Abilities, other: Abilities): boolean {
  return isNothing(beyond(one, other)) && isNothing(beyond(other, one));
}

const inOrder = (names: readonly string[]): string[] => [...new Set(names)].sort();

const each = (of: (kind: (typeof KINDS)[number]) => readonly string[]): Abilities => ({
  caps: of('caps'),
  commands: of('commands'),
  permissions: of('permissions'),
});
