/** How much structure a text may have: deeper or more than any real request, and what bounds memory (S186, S208). */
const LIMITS = { depth: 100, values: 1_000_000, members: 10_000 } as const;

// prettier-ignore
const [QUOTE, COMMA, OPEN_LIST, BACKSLASH, CLOSE_LIST, OPEN, CLOSE] = [0x22, 0x2c, 0x5b, 0x5c, 0x5d, 0x7b, 0x7d];

/** An object that is open. */
interface Scope {
  /** How many names there were. */
  members: number;
  /** Those names, where each may be said but once. */
  readonly names: Set<string> | undefined;
}

export interface StructureOptions {
  /** What is read, as its reader calls it: `the body`. */
  readonly what: string;
  /** Whether a name may be said but once in one object, and never be `__proto__`. */
  readonly isStrict: boolean;
}

/**
 * Judges how texts of JSON are built before anything is built of them, in time linear in their length. What all the texts
 * hold that one instance is given is counted together.
 */
export class JsonStructure {
  private values = 0;

  constructor(private readonly options: StructureOptions) {}

  /** What is wrong with it; undefined also for what is no JSON at all: the parser says that. */
  problem(text: string): string | undefined {
    const { what, isStrict } = this.options;
    const scopes: (Scope | undefined)[] = []; // undefined for a list
    let isName = false;
    for (let at = 0; at < text.length; at += 1) {
      switch (text.charCodeAt(at)) {
        case QUOTE: {
          const end = endOfString(text, at);
          if (end === -1) return undefined;
          const problem = isName ? this.nameProblem(text, at + 1, end, scopes.at(-1)) : undefined;
          if (problem !== undefined) return problem;
          isName = false;
          at = end;
          break;
        }
        case OPEN:
        case OPEN_LIST: {
          isName = text.charCodeAt(at) === OPEN;
          const scope = isName ? { members: 0, names: isStrict ? new Set<string>() : undefined } : undefined;
          if (scopes.push(scope) > LIMITS.depth) return `${what} is nested more than ${LIMITS.depth} deep`;
          this.values += 1;
          break;
        }
        case CLOSE:
        case CLOSE_LIST:
          scopes.pop();
          isName = false;
          break;
        case COMMA:
          isName = scopes.at(-1) !== undefined;
          this.values += 1;
      }
      if (this.values > LIMITS.values) return `${what} holds more than ${LIMITS.values} values`;
    }
    return undefined;
  }

  private nameProblem(text: string, start: number, end: number, scope: Scope | undefined): string | undefined {
    if (!scope) return undefined; // no JSON: the parser says so
    const { what } = this.options;
    scope.members += 1;
    // Names without end in one object cost ten times what as many values in lists do, here and in the parser (S208).
    const isTooMany = scope.members > LIMITS.members;
    if (scope.names) {
      const written = text.slice(start, end);
      const name = written.includes('\\') ? unescaped(written) : written;
      if (name === undefined) return undefined;
      if (name === '__proto__') return `${what} has a member "__proto__", which no request needs`;
      if (scope.names.has(name))
        return `${what} says ${JSON.stringify(name.slice(0, 64))} twice in one object: say it once`;
      scope.names.add(name);
    }
    return isTooMany ? `${what} has an object of more than ${LIMITS.members} members` : undefined;
  }
}

/** Where the string that begins at `start` ends; -1 when it does not. */
function endOfString(text: string, start: number): number {
  let end = text.indexOf('"', start + 1);
  while (end !== -1 && isEscaped(text, end)) end = text.indexOf('"', end + 1);
  return end;
}

function isEscaped(text: string, at: number): boolean {
  let before = at - 1;
  while (text.charCodeAt(before) === BACKSLASH) before -= 1;
  return (at - before) % 2 === 0;
}

function unescaped(written: string): string | undefined {
  try {
    return JSON.parse(`"${written}"`) as string;
  } catch {
    return undefined;
  }
}
