import type { Image } from '../chat/sessions/context.js';
import { Refused } from '../kernel/errors.js';
import { printable } from '../kernel/printable.js';
import { isObject } from './frames.js';

/** What models look at. */
const MIME_TYPE = /^image\/(png|jpeg|gif|webp)$/;

const DATA_URL = /^data:([^;,]+);base64,/;

const BASE64 = /^[A-Za-z0-9+/]+={0,2}$/;

/** Characters of base64: 20 MB of images in all (reference G.2). */
const MOST_CHARS = 28_000_000;

/**
 * Images as clients of the family attach them: `{ type?, mimeType, fileName?, content }`, the content in base64 or as a
 * data URL. Throws Refused('invalid_request') naming the one that is none.
 */
export function imagesOf(attachments: readonly unknown[]): Image[] {
  const images = attachments.map(imageOf);
  const total = images.reduce((sum, { data }) => sum + data.length, 0);
  if (total > MOST_CHARS) throw wrong('attachments', 'must be no more than 20 MB together');
  return images;
}

function imageOf(attachment: unknown, index: number): Image {
  const path = `attachments[${index}]`;
  if (!isObject(attachment)) throw wrong(path, 'must be an object');
  const { mimeType, fileName, content } = attachment;
  if (typeof content !== 'string') throw wrong(`${path}.content`, 'must be text in base64');
  const url = DATA_URL.exec(content);
  const type = typeof mimeType === 'string' ? mimeType : url?.[1];
  if (type === undefined || !MIME_TYPE.test(type)) {
    throw wrong(`${path}.mimeType`, 'must be image/png, image/jpeg, image/gif or image/webp');
  }
  const data = url ? content.slice(url[0].length) : content;
  if (!BASE64.test(data)) throw wrong(`${path}.content`, 'must be text in base64');
  const name =
    typeof fileName === 'string' && fileName !== '' ? printable(fileName.slice(0, 128)) : `image ${index + 1}`;
  return { name, mimeType: type, data };
}

function wrong(path: string, message: string): Refused {
  return new Refused('invalid_request', { message: `${path}: ${message}`, fields: [{ path, message }] });
}
