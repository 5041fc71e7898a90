import { Redaction } from '../../forwarding/redaction.js';
import { PassThroughReader } from './pass-through.js';

const SAID = 'data: {"choices":[{"delta":{"content":"hello"}}]}';
const USAGE = 'data: {"choices":[],"usage":{"prompt_tokens":3,"completion_tokens":1}}';

describe.each([
  ['LF', '\n'],
  ['CR LF', '\r\n'],
  ['CR', '\r'],
])('the usage that only we have asked for, in lines that end with %s', (_, end) => {
  const through = (text: string): { out: string; tokens: unknown } => {
    const reader = new PassThroughReader(new Redaction('sk-nothing'), true);
    const out = [reader.push(Buffer.from(text)), reader.end()].map((bytes) => bytes?.toString() ?? '');
    return { out: out.join(''), tokens: reader.tokens };
  };

  it('is taken out', () => {
    const before = `${SAID}${end}${end}`;
    expect(through(`${before}${USAGE}${end}${end}data: [DONE]${end}${end}`)).toEqual({
      out: `${before}data: [DONE]${end}${end}`,
      tokens: { input: 3, output: 1, cachedInput: 0 },
    });
  });

  it('is none in an event that was never closed: that goes on as it came', () => {
    const all = `${SAID}${end}${end}${USAGE}${end}`;
    expect(through(all)).toEqual({ out: all, tokens: undefined });
  });
});

describe('a stream that ends without a last empty line', () => {
  const ended = (...pieces: string[]): { out: string; trouble: string | undefined } => {
    const reader = new PassThroughReader(new Redaction('sk-nothing'), false);
    const out = [...pieces.map((piece) => reader.push(Buffer.from(piece))), reader.end()];
    return { out: out.map((bytes) => bytes?.toString() ?? '').join(''), trouble: reader.trouble?.message };
  };

  it.each([SAID, `${SAID}\r\n`, 'data: [DONE]', 'event: x\ndata: {"a":\ndata: 1}', ': bye', '\n', '\r\n'])(
    'goes on as it came where nothing else is missing: %j',
    (rest) => {
      expect(ended(`${SAID}\n\n`, rest)).toEqual({ out: `${SAID}\n\n${rest}`, trouble: undefined });
    },
  );

  it.each([SAID.slice(0, -1), `${SAID.slice(0, 20)}\n`, 'data: [DON', 'data:', 'da', 'event: x', 'event: x\ndata: {"'])(
    'is broken off where it ends in half an event, of which nothing goes on: %j',
    (rest) => {
      expect(ended(`${SAID}\n\n`, rest)).toEqual({ out: `${SAID}\n\n`, trouble: 'ended in the middle of an event' });
    },
  );
});
