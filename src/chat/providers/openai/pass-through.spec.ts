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
