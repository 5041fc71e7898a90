/** Something that a person has to say about a keeper of secrets before it can be asked. */
export interface PresetOption {
  readonly name: string;
  readonly question: string;
  /** Used when nothing is said; without one, something must be. */
  readonly initial?: string;
  /** What the value looks like; anything else is refused with `rule`. */
  readonly pattern: RegExp;
  /** In words: `must be …`. */
  readonly rule: string;
}

export type PresetOptions = Readonly<Record<string, string>>;

/** One run of a keeper's program, for one id or for several. */
export interface KeeperCall {
  readonly ids: readonly string[];
  /** Its words. Never begins with what could be taken for a flag where an id is meant. */
  readonly args: readonly string[];
  /** What its standard output says of each id. */
  readonly read: (output: string) => KeeperAnswers;
}

/** By id: the secret, or why it cannot be had, in plain words (`is not there`) without anything of a secret. */
export type KeeperAnswers = ReadonlyMap<string, string | KeeperRefusal>;

export class KeeperRefusal {
  constructor(readonly message: string) {}
}

/**
 * A program that keeps secrets and has a command line of its own: what it is called, what it needs, and how it is asked.
 * `doorward secrets resolver <name>` stands between it and the gateway, which speaks its protocol to all of them alike.
 */
export interface Preset {
  /** As in `--preset vault`, and the alias of the provider unless another is chosen. */
  readonly name: string;
  readonly title: string;
  /** What its program is called; looked for once, when it is configured. */
  readonly command: string;
  /** Variables that it may have: where it is, and what it is signed in with. */
  readonly passEnv: readonly string[];
  readonly options: readonly PresetOption[];
  /** What an id looks like, for people, with an example. */
  readonly ids: string;
  /** How these ids are asked for; an id that cannot be one is refused instead. */
  readonly calls: (ids: readonly string[], options: PresetOptions) => readonly (KeeperCall | RefusedId)[];
  /** What its way of ending says: a sentence without a subject. `stderr` may hold anything, and nothing of it is repeated. */
  readonly explain: (status: number | undefined, stderr: string) => string;
}

export interface RefusedId {
  readonly ids: readonly [string];
  readonly refused: KeeperRefusal;
}

export const NOT_THERE = new KeeperRefusal('is not there');

/** One answer for the one id of a call; a line break at the end is the program's, not the secret's. */
export function soleAnswer(id: string, output: string): KeeperAnswers {
  const value = output.replace(/\r?\n$/, '');
  return new Map([[id, value === '' ? new KeeperRefusal('is empty') : value]]);
}

export const refused = (id: string, message: string): RefusedId => ({ ids: [id], refused: new KeeperRefusal(message) });

/** The variables that most programs need to find what is theirs. */
export const BASICS = ['HOME', 'PATH', 'USER', 'XDG_CONFIG_HOME', 'XDG_RUNTIME_DIR'] as const;

/** What a text that a tool prints to standard error most likely says. Their words change with versions, the gist does not. */
export function gistOf(stderr: string): string | undefined {
  if (/permission denied|forbidden|unauthori[sz]ed|\b40[13]\b|access denied/i.test(stderr))
    return 'may not be read with this sign in';
  if (
    /not (currently )?signed in|no accounts? configured|log(ged)? ?in\b|session expired|missing client token|token.*expired/i.test(
      stderr,
    )
  ) {
    return 'cannot be read because nobody is signed in';
  }
  if (/connection refused|no such host|timeout|network is unreachable|dial tcp/i.test(stderr))
    return 'cannot be read because the server cannot be reached';
  return undefined;
}

export const endedWith = (status: number | undefined): string =>
  status === undefined
    ? 'cannot be read because the program was ended'
    : `cannot be read because the program ended with status ${status}`;
