import { estimateOf } from './estimate.js';

const said = (content: unknown) => ({ messages: [{ role: 'user', content }] });
const input = (content: unknown): number =>
  estimateOf(said(content), true, 100).input - estimateOf(said(''), true, 100).input;

describe('the most that a request can come to', () => {
  it.each([
    ['a text', 'x'.repeat(300), 100],
    ['a text in another script: up to a token for each byte', '語'.repeat(300), 700],
    ['a picture', [{ type: 'image_url', image_url: { url: `data:image/png;base64,${'A'.repeat(9000)}` } }], 2000],
    ['a text that only begins like a picture', `data:image/png;base64,${'A'.repeat(9000)}`, 3000],
  ])('counts %s', (_, content, least) => {
    expect(input(content)).toBeGreaterThanOrEqual(least);
    expect(input(content)).toBeLessThan(least + 50);
  });

  it.each([
    [{}, 100],
    [{ max_tokens: 7 }, 7],
    [{ max_completion_tokens: 9, max_tokens: 7 }, 9],
    [{ max_output_tokens: 5, n: 3 }, 15],
    [{ max_tokens: -1 }, 100],
  ])('takes the bound of %j for the answer, or that of the model', (body, output) => {
    expect(estimateOf(body, true, 100).output).toBe(output);
  });

  it('expects no answer of embeddings, and counts tokens that were cut already one by one', () => {
    expect(estimateOf({ input: Array.from({ length: 500 }, (_, n) => n) }, false, 100)).toMatchObject({ output: 0 });
    expect(estimateOf({ input: Array.from({ length: 500 }, (_, n) => n) }, false, 100).input).toBeGreaterThanOrEqual(
      500,
    );
  });
});
