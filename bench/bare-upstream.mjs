// A provider that costs next to nothing: prepared bytes on plain sockets, in the format of OpenAI. The model's name says
// how it answers: `whole` at once, `flood` a stream as fast as it is taken, `paced` a piece every few milliseconds, `held`
// one piece and then nothing.
import { createServer } from 'node:net';

const CHUNKS = 50;
const PACE_MS = 20;

const head = (type, more) => `HTTP/1.1 200 OK\r\nContent-Type: ${type}\r\n${more}\r\n\r\n`;
const chunked = (text) => `${Buffer.byteLength(text).toString(16)}\r\n${text}\r\n`;
const event = (fields) =>
  `data: ${JSON.stringify({ id: 'chatcmpl-1', object: 'chat.completion.chunk', created: 1, model: 'm', ...fields })}\n\n`;
const piece = (content, finish = null) =>
  event({ choices: [{ index: 0, delta: { content }, logprobs: null, finish_reason: finish }] });
const USAGE = { prompt_tokens: 9, completion_tokens: CHUNKS, total_tokens: 9 + CHUNKS };

const WHOLE = JSON.stringify({
  id: 'chatcmpl-1',
  object: 'chat.completion',
  created: 1,
  model: 'm',
  choices: [{ index: 0, message: { role: 'assistant', content: 'word '.repeat(60) }, finish_reason: 'stop' }],
  usage: USAGE,
});
const JSON_ANSWER = Buffer.from(head('application/json', `Content-Length: ${Buffer.byteLength(WHOLE)}`) + WHOLE);
const STREAM_HEAD = head('text/event-stream', 'Transfer-Encoding: chunked');
const PIECE = Buffer.from(chunked(piece('word ')));
const FIRST = Buffer.from(STREAM_HEAD + chunked(piece('word ')));
const END = `${chunked('data: [DONE]\n\n')}0\r\n\r\n`;
const LAST = Buffer.from(chunked(piece('', 'stop')) + END);
const LAST_WITH_USAGE = Buffer.from(chunked(piece('', 'stop')) + chunked(event({ choices: [], usage: USAGE })) + END);

const server = createServer({ noDelay: true }, (socket) => {
  let held = '';
  socket.on('error', () => undefined);
  socket.on('data', (bytes) => {
    held += bytes.toString('latin1');
    const end = held.indexOf('\r\n\r\n');
    if (end === -1) return;
    const length = Number(/\r\ncontent-length: *(\d+)/i.exec(held.slice(0, end))?.[1] ?? NaN);
    // A proxy that pipes has no length to tell.
    const isWhole = Number.isNaN(length) ? held.endsWith('0\r\n\r\n') : held.length >= end + 4 + length;
    if (!isWhole) return;
    const request = held;
    held = '';
    answer(socket, request);
  });
});

function answer(socket, request) {
  if (request.includes('whole"')) return void socket.write(JSON_ANSWER);
  socket.write(FIRST);
  if (request.includes('held"')) return;
  const last = request.includes('include_usage') ? LAST_WITH_USAGE : LAST;
  let left = CHUNKS - 2;
  const next = () => {
    if (socket.destroyed) return;
    left -= 1;
    socket.write(left === 0 ? last : PIECE);
    if (left > 0) later();
  };
  const later = () => (request.includes('paced"') ? setTimeout(next, PACE_MS) : setImmediate(next));
  later();
}

server.listen(Number(process.env.BENCH_PORT), '127.0.0.1');
