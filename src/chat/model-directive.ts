/** What `/model …` in a message asks for (reference F.5). */
export type ModelDirective =
  | { readonly kind: 'list' }
  | { readonly kind: 'status' }
  | { readonly kind: 'pick'; readonly number: number }
  | { readonly kind: 'set'; readonly model: string; readonly profile?: string };

export interface ParsedMessage {
  /** Undefined: the message asks for nothing of the kind. */
  readonly directive?: ModelDirective;
  /** What is left for the model to read. */
  readonly text: string;
}

/** `/model`, after a space or at the start, in any case, with or without a colon, and the word that follows it. */
const DIRECTIVE = /(?:^|\s)\/model(?=$|\s|:)[^\S\n]*:?[^\S\n]*(\S+)?/i;

const WORDS: Readonly<Record<string, ModelDirective>> = {
  '': { kind: 'list' },
  list: { kind: 'list' },
  status: { kind: 'status' },
};

/** Finds the first `/model` in a message and takes it out. */
export function parseModelDirective(message: string): ParsedMessage {
  const match = DIRECTIVE.exec(message);
  if (!match) return { text: message };
  const before = message.slice(0, match.index);
  const after = message.slice(match.index + match[0].length);
  return { directive: directiveOf(match[1] ?? ''), text: `${before} ${after}`.trim() };
}

function directiveOf(word: string): ModelDirective {
  const known = WORDS[word.toLowerCase()];
  if (known) return known;
  if (/^\d{1,4}$/.test(word)) return { kind: 'pick', number: Number(word) };
  return { kind: 'set', ...splitProfile(word) };
}

/** A date or a version, as in `claude-opus@20251101`: part of the model's name. */
const VERSION = /^v?\d+(\.\d+)*$/i;

/**
 * `<model>@<profile>` taken apart at the first `@` after the last `/`, so that a profile named by an e-mail address
 * stays whole. No profile where either side would be empty, or where what follows is a version.
 */
export function splitProfile(reference: string): { model: string; profile?: string } {
  const at = reference.indexOf('@', reference.lastIndexOf('/') + 1);
  const model = reference.slice(0, Math.max(at, 0));
  const profile = reference.slice(at + 1);
  if (model === '' || profile === '' || VERSION.test(profile)) return { model: reference };
  return { model, profile };
}
