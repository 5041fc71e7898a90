import type { Endpoint } from '../../chat/model-call.js';
import { type FieldError, Refused } from '../../kernel/errors.js';
import { boundProblems } from './bounds-check.js';

type Body = Readonly<Record<string, unknown>>;

/**
 * Members by which gateways and proxies let a caller choose where a request goes, or with whose key. They were how keys
 * were stolen elsewhere, so they are refused rather than handed on to a provider that may be such a proxy (S179).
 */
const ROUTING = new Set(
  'baseurl apibase apibaseurl apiurl endpoint endpointurl host hostname proxy apikey apiversion apitype headers extraheaders defaultheaders extrabody extraquery userconfig modellist litellmparams customllmprovider organization azureendpoint'.split(
    ' ',
  ),
);

const IMAGE_PARTS = new Set(['image_url', 'input_image', 'image']);
const IMAGE_DATA = /^\s*data:image\//i;

/** Where a request of each endpoint holds what is said. */
const TALKS: Readonly<Record<Endpoint, 'messages' | 'input'>> = {
  'chat/completions': 'messages',
  embeddings: 'input',
  responses: 'input',
};

/** What a request of each endpoint must hold; the rest is the provider's business. */
const NEEDED: Readonly<Record<Endpoint, (body: Body) => FieldError | undefined>> = {
  'chat/completions': ({ messages }) => messagesProblem(messages),
  embeddings: ({ input, stream }) =>
    stream === true ? field('stream', 'embeddings are not streamed') : inputProblem(input),
  responses: ({ input, prompt, background }) => {
    if (background === true) return field('background', 'nobody could fetch the answer here: leave it out');
    return input === undefined && prompt === undefined ? field('input', 'must be given') : undefined;
  },
};

/**
 * Checks what is ours to check of a request to a model: who it could lead where, what it must hold, how many images.
 * Throws Refused('invalid_request') naming every field that is wrong.
 */
export function checkedRequest(endpoint: Endpoint, body: unknown, maxImages: number): Body {
  if (typeof body !== 'object' || body === null || Array.isArray(body)) {
    throw new Refused('invalid_request', { message: 'the body must be a JSON object' });
  }
  const request = body as Body;
  const fields: FieldError[] = [];
  for (const name of Object.keys(request)) {
    if (ROUTING.has(name.replace(/[-_]/g, '').toLowerCase())) {
      fields.push(field(name, 'where a request goes, and with which key, is decided here: leave it out'));
    }
  }
  const { model, stream, user } = request;
  if (model !== undefined && typeof model !== 'string') fields.push(field('model', 'must be a text'));
  if (stream !== undefined && stream !== null && typeof stream !== 'boolean') {
    fields.push(field('stream', 'must be true or false'));
  }
  if (user !== undefined && user !== null && !isUser(user)) {
    fields.push(field('user', 'must be a text of at most 512 characters, none of them NUL'));
  }
  fields.push(...boundProblems(request));
  const missing = NEEDED[endpoint](request);
  if (missing) fields.push(missing);
  const talk = TALKS[endpoint];
  const images = countImages(request[talk]);
  if (images > maxImages) fields.push(field(talk, `holds ${images} images; send at most ${maxImages}`));
  if (fields.length === 0) return request;
  const message = fields.map(({ path, message: rule }) => `${path}: ${rule}`).join('; ');
  throw new Refused('invalid_request', { message, fields });
}

/** The books know no NUL: two users who differ in one would be the same there. */
const isUser = (user: unknown): boolean => typeof user === 'string' && user.length <= 512 && !user.includes('\0');

function messagesProblem(messages: unknown): FieldError | undefined {
  if (!Array.isArray(messages) || messages.length === 0)
    return field('messages', 'must be a list of at least one message');
  const wrong = messages.findIndex((one: unknown) => typeof (one as { role?: unknown } | null)?.role !== 'string');
  return wrong === -1 ? undefined : field(`messages[${wrong}].role`, 'must be a text');
}

function inputProblem(input: unknown): FieldError | undefined {
  const isGiven = typeof input === 'string' || (Array.isArray(input) && input.length > 0);
  return isGiven ? undefined : field('input', 'must be a text or a list of at least one');
}

/** Parts that are images, wherever a provider may look for them: no shape of a message hides one. */
function countImages(held: unknown): number {
  if (Array.isArray(held)) return held.reduce((count: number, one: unknown) => count + countImages(one), 0);
  if (typeof held !== 'object' || held === null) return 0;
  let count = isImage(held as Body) ? 1 : 0;
  for (const name in held) count += countImages((held as Body)[name]);
  return count;
}

/** By its type in any letters, which some providers read as well; a file, by what its data says that it is. */
function isImage({ type, file_data: data }: Body): boolean {
  if (typeof type === 'string' && IMAGE_PARTS.has(type.toLowerCase())) return true;
  return typeof data === 'string' && IMAGE_DATA.test(data);
}

const field = (path: string, message: string): FieldError => ({ path, message });
