import { type Clock } from '../../kernel/clock.js';
import { valueAtPointer } from '../../kernel/json-pointer.js';
import { isTree } from '../../config/tree.js';
import { expandHome, homeDirectory } from '../../config/state-directory.js';
import type { FileProvider } from '../provider.settings.js';
import { type Batch, type Found, SecretFailure, type SecretResolver } from '../secret-resolver.js';
import { readOwnedFile } from './owned-file.js';

/** Secrets in a file: an object of which each id is a JSON Pointer, or the one secret that the file is. */
export const fileResolver: SecretResolver<FileProvider> = {
  source: 'file',
  isLight: true,

  async resolve({ settings, ids, environment, clock }: Batch<FileProvider>): Promise<Found> {
    const path = expandHome(settings.path, homeDirectory(environment));
    const bytes = await within(settings.timeoutMs, clock, path, readOwnedFile(path, settings));
    const text = decode(path, bytes);
    if (settings.mode === 'singleValue') {
      const value = text.replace(/\r?\n$/, '');
      return new Map(ids.map((id) => [id, value.trim() === '' ? failed(`${path} is empty`) : value]));
    }
    const document = parse(path, text);
    return new Map(ids.map((id) => [id, found(path, document, id)]));
  },
};

function found(path: string, document: unknown, id: string): string | SecretFailure {
  const value = valueAtPointer(document, id);
  if (value === undefined) return failed(`${path} has nothing at ${id}`);
  if (typeof value !== 'string') return failed(`what ${path} has at ${id} is no text`);
  return value.trim() === '' ? failed(`what ${path} has at ${id} is empty`) : value;
}

/** The parser's own message quotes the text, and the text is secret. */
function parse(path: string, text: string): unknown {
  let document: unknown;
  try {
    document = JSON.parse(text);
  } catch {
    throw failed(`${path} is not valid JSON`);
  }
  if (!isTree(document)) throw failed(`${path} holds no JSON object`);
  return document;
}

function decode(path: string, bytes: Buffer): string {
  try {
    return new TextDecoder('utf-8', { fatal: true }).decode(bytes); // takes a byte order mark away
  } catch {
    throw failed(`${path} is not UTF-8 text`);
  }
}

/** A file on a network may never answer. */
async function within<T>(ms: number, clock: Clock, path: string, reading: Promise<T>): Promise<T> {
  let cancel = (): void => {};
  const late = new Promise<never>((_resolve, reject) => {
    cancel = clock.after(ms, () =>
      reject(new SecretFailure(`${path} was not read within ${ms} ms`, 'look at the disk or mount')),
    );
  });
  reading.catch(() => undefined); // heard by the race, or too late
  try {
    return await Promise.race([reading, late]);
  } finally {
    cancel();
  }
}

/** Somebody may be writing the file right now: asking again may help. */
const failed = (message: string): SecretFailure => new SecretFailure(message, 'correct the file, or the id');
