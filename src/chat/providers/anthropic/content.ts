import { fieldProblem, objectOf, textOf } from '../../responses/field-problem.js';
import type { AnthropicBlock, AnthropicSource } from './wire.js';

type Part = Readonly<Record<string, unknown>>;

const DATA_URL = /^data:([a-z]+\/[a-z0-9.+-]+);base64,([A-Za-z0-9+/=\s]+)$/i;

/** The blocks of a message's content: a text, or a list of parts. Empty texts are left out, for the API refuses them. */
export function blocksOf(content: unknown, path: string): AnthropicBlock[] {
  if (content === null || content === undefined) return [];
  if (typeof content === 'string') return textBlock(content);
  if (!Array.isArray(content)) throw fieldProblem(path, 'must be a text or a list of parts');
  return content.flatMap((part, index) => blockOf(objectOf(part, `${path}[${index}]`), `${path}[${index}]`));
}

function blockOf(part: Part, path: string): AnthropicBlock[] {
  switch (part.type) {
    case 'text':
      return textBlock(textOf(part.text, `${path}.text`), part.cache_control);
    case 'refusal':
      return textBlock(textOf(part.refusal, `${path}.refusal`));
    case 'image_url':
      return [{ type: 'image', source: sourceOf(imageUrl(part, path), `${path}.image_url.url`), ...cached(part) }];
    case 'file':
      return [{ type: 'document', source: fileSource(part, path), ...cached(part) }];
    default:
      throw fieldProblem(`${path}.type`, 'must be a text, an image or a file for this provider');
  }
}

function textBlock(text: string, cache?: unknown): AnthropicBlock[] {
  if (text === '') return [];
  return [{ type: 'text', text, ...(cache !== undefined && { cache_control: cache }) }];
}

function cached({ cache_control }: Part): { cache_control?: unknown } {
  return cache_control === undefined ? {} : { cache_control };
}

function imageUrl({ image_url: image }: Part, path: string): string {
  const url: unknown = typeof image === 'string' ? image : (image as Part | null | undefined)?.url;
  return textOf(url, `${path}.image_url.url`);
}

function fileSource({ file }: Part, path: string): AnthropicSource {
  const data = (file as Part | null | undefined)?.file_data;
  if (data === undefined)
    throw fieldProblem(`${path}.file`, 'must hold file_data: this provider knows no uploaded files');
  return sourceOf(textOf(data, `${path}.file.file_data`), `${path}.file.file_data`);
}

function sourceOf(url: string, path: string): AnthropicSource {
  const match = DATA_URL.exec(url);
  if (match) return { type: 'base64', media_type: match[1]!.toLowerCase(), data: match[2]! };
  if (/^https?:\/\//i.test(url)) return { type: 'url', url };
  throw fieldProblem(path, 'must be an http(s) address or data:<type>;base64,<data>');
}
