import { isTree, type Tree } from '../../config/tree.js';
import { type Found, SecretFailure } from '../secret-resolver.js';

export const PROTOCOL_VERSION = 1;

/** What stands on a program's standard input: all ids at once. */
export const question = (provider: string, ids: readonly string[]): string =>
  `${JSON.stringify({ protocolVersion: PROTOCOL_VERSION, provider, ids })}\n`;

const PROTOCOL = 'let it print {"protocolVersion":1,"values":{"<id>":"<secret>"}}';

/**
 * What a program's output says of each id: JSON of the protocol, or, where one id was asked for and `jsonOnly` is not
 * true, the bare secret. Throws SecretFailure when it says nothing that can be understood; never quotes it.
 */
export function readAnswer(text: string, ids: readonly string[], jsonOnly: boolean | undefined): Found {
  const trimmed = text.replace(/^\uFEFF/, '').trim();
  if (trimmed === '') throw garbled('printed nothing');
  const parsed = parse(trimmed);
  const isAnswer = isTree(parsed) && Object.hasOwn(parsed, 'protocolVersion');
  if (isAnswer) return byProtocol(parsed, ids);

  if (jsonOnly === true) throw garbled('did not print JSON of the protocol');
  if (ids.length !== 1) throw garbled(`printed a bare value, and ${ids.length} ids were asked for`);
  if (typeof parsed === 'object') throw garbled('printed JSON without "protocolVersion"');
  const bare = typeof parsed === 'string' ? parsed : trimmed;
  return new Map([[ids[0]!, bare.trim() === '' ? garbled('printed an empty value') : bare]]);
}

function byProtocol(answer: Tree, ids: readonly string[]): Found {
  if (answer['protocolVersion'] !== PROTOCOL_VERSION) throw garbled('speaks another version of the protocol than 1');
  const { values, errors = {} } = answer;
  if (!isTree(values) && !isTree(answer['errors'])) throw garbled('printed an answer without "values"');
  const own = isTree(values) ? values : {};
  const failed = isTree(errors) ? errors : {};
  return new Map(ids.map((id) => [id, one(id, own, failed)]));
}

function one(id: string, values: Tree, errors: Tree): string | SecretFailure {
  if (Object.hasOwn(errors, id)) {
    const { message } = isTree(errors[id]) ? errors[id] : { message: undefined };
    const said = typeof message === 'string' ? tame(message) : '';
    return new SecretFailure(
      `has an error for this id${said === '' ? '' : `: ${said}`}`,
      'correct the id, or what it may read',
    );
  }
  const value = Object.hasOwn(values, id) ? values[id] : undefined;
  if (value === undefined) return new SecretFailure('does not know this id', 'correct the id');
  if (typeof value !== 'string') return new SecretFailure('answered this id with no text', PROTOCOL);
  return value.trim() === '' ? new SecretFailure('answered this id with empty text', 'put the secret there') : value;
}

/** JSON.parse's own message quotes the text. */
function parse(text: string): unknown {
  try {
    return JSON.parse(text) as unknown;
  } catch {
    return undefined;
  }
}

const garbled = (message: string): SecretFailure => new SecretFailure(message, PROTOCOL);

const LONGEST = 160;

/** A sentence of somebody else's program: short, printable, and without anything that could be a secret. */
function tame(message: string): string {
  const words = message
    .replace(/[^\x20-\x7e]+/g, ' ')
    .slice(0, LONGEST)
    .split(' ');
  return words
    .map((word) => (isWord(word) ? word : '…'))
    .join(' ')
    .trim();
}

const isWord = (word: string): boolean =>
  /^[A-Za-z(][A-Za-z'-]{0,19}[.,:;)!]*$/.test(word) || /^\d{1,4}[.,:;)]*$/.test(word);
