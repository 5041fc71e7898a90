import { Readable } from 'node:stream';
import { MAX_EVENT } from '../sse.js';
import { BrokenAnswer, readAnswer } from './answer-reader.js';

const chunk = (delta: object, finish: string | null = null): string =>
  `data: ${JSON.stringify({ choices: [{ index: 0, delta, finish_reason: finish }] })}\n\n`;

const WHOLE =
  chunk({ role: 'assistant', content: '' }) +
  chunk({ content: 'Grüße ' }) +
  chunk({ content: '🦞' }) +
  chunk({}, 'stop') +
  'data: {"choices":[],"usage":{"prompt_tokens":1}}\n\ndata: [DONE]\n\n';

async function read(body: Readable | Buffer, signal = new AbortController().signal) {
  let text = '';
  const end = await readAnswer({ body }, (piece) => (text += piece), signal);
  return { text, ...end };
}

const streamOf = (text: string, size = Infinity): Readable => {
  const bytes = Buffer.from(text);
  const step = Math.min(size, bytes.length);
  const pieces = Array.from({ length: Math.ceil(bytes.length / step) }, (_, n) =>
    bytes.subarray(n * step, (n + 1) * step),
  );
  return Readable.from(pieces, { objectMode: false });
};

describe('an answer', () => {
  it.each([1, 2, 7, Infinity])('is read from pieces of %s bytes', async (size) => {
    expect(await read(streamOf(WHOLE, size))).toEqual({ text: 'Grüße 🦞', stopReason: 'stop' });
  });

  it('is read whole', async () => {
    const completion = { choices: [{ message: { content: 'Hello' }, finish_reason: 'length' }] };
    expect(await read(Buffer.from(JSON.stringify(completion)))).toEqual({ text: 'Hello', stopReason: 'length' });
  });

  it('a refusal is text as well', async () => {
    expect(await read(streamOf(`${chunk({ refusal: 'No.' }, 'stop')}data: [DONE]\n\n`))).toMatchObject({ text: 'No.' });
  });

  it.each([
    ['without its end', chunk({ content: 'a' }), /broke off/],
    ['with an error in it', `${chunk({ content: 'a' })}data: {"error":{"message":"overloaded"}}\n\n`, /overloaded/],
    ['that is no JSON', 'data: {\n\n', /could not be read/],
    ['that is nothing', 'data: null\n\n', /could not be read/],
    ['whose choices are none', 'data: {"choices":5}\n\n', /could not be read/],
    ['with an event without end', `data: ${'x'.repeat(MAX_EVENT)}`, /could not be read/],
  ])('%s is broken', async (_, text, message) => {
    await expect(read(streamOf(text))).rejects.toThrow(BrokenAnswer);
    await expect(read(streamOf(text))).rejects.toThrow(message);
  });

  it('stops being read when nobody waits for it', async () => {
    const abort = new AbortController();
    const body = new Readable({ read: () => undefined });
    const reading = read(body, abort.signal);
    abort.abort();
    await expect(reading).rejects.toThrow(/premature|aborted|closed/i);
    expect(body.destroyed).toBe(true);
  });
});
