import { fieldProblem, textOf } from './field-problem.js';

type Part = Readonly<Record<string, unknown>>;

/** The content of an input item as that of a chat message: a text, or a list of parts. */
export function chatContent(content: unknown, path: string): string | Part[] {
  if (typeof content === 'string') return content;
  if (!Array.isArray(content)) throw fieldProblem(path, 'must be a text or a list of parts');
  const parts = content.map((part, index) => chatPart((part ?? {}) as Part, `${path}[${index}]`));
  // Some providers know only texts; most lists hold nothing else.
  return parts.every(isText) ? parts.map(({ text }) => text).join('') : parts;
}

function chatPart(part: Part, path: string): Part {
  switch (part.type) {
    case 'input_text':
    case 'output_text':
    case 'text':
      return { type: 'text', text: textOf(part.text, `${path}.text`) };
    case 'refusal':
      return { type: 'text', text: textOf(part.refusal, `${path}.refusal`) };
    case 'input_image':
      return { type: 'image_url', image_url: imageOf(part, path) };
    case 'input_file':
      return { type: 'file', file: fileOf(part, path) };
    case 'input_audio':
      return { type: 'input_audio', input_audio: part.input_audio };
    default:
      throw fieldProblem(`${path}.type`, 'must be input_text, input_image, input_file, output_text or refusal');
  }
}

const isText = (part: Part): part is { type: 'text'; text: string } => part.type === 'text';

function imageOf({ image_url: url, file_id: file, detail }: Part, path: string): Part {
  if (url === undefined && file !== undefined) throw uploaded(`${path}.file_id`, 'image_url');
  return { url: textOf(url, `${path}.image_url`), ...(typeof detail === 'string' && { detail }) };
}

/** An address stands where the data would: a provider that can fetch it takes it there. */
function fileOf({ file_data: data, file_url: url, file_id: file, filename }: Part, path: string): Part {
  if (data === undefined && url === undefined && file !== undefined) throw uploaded(`${path}.file_id`, 'file_data');
  const given = data ?? url;
  return {
    file_data: textOf(given, `${path}.${given === url && given !== undefined ? 'file_url' : 'file_data'}`),
    ...(typeof filename === 'string' && { filename }),
  };
}

const uploaded = (path: string, instead: string) =>
  fieldProblem(path, `cannot be used: this provider knows no uploaded files; send ${instead}`);
