import { estimateOf } from './estimate.js';

const said = (content: unknown) => ({ messages: [{ role: 'user', content }] });
const input = (content: unknown): number =>
  estimateOf(said(content), 'chat/completions', 100).input - estimateOf(said(''), 'chat/completions', 100).input;

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
    ['chat/completions', {}, 100],
    ['chat/completions', { max_tokens: 7 }, 7],
    ['chat/completions', { max_completion_tokens: 9, max_tokens: 7 }, 9],
    ['chat/completions', { max_completion_tokens: 7, max_tokens: 9 }, 9],
    ['chat/completions', { max_tokens: 5, n: 3 }, 15],
    ['chat/completions', { max_tokens: -1 }, 100],
    ['chat/completions', { max_tokens: null }, 100],
    ['chat/completions', { max_output_tokens: 1 }, 100],
    ['responses', { max_output_tokens: 5 }, 5],
    ['responses', { max_tokens: 1, max_completion_tokens: 1 }, 100],
  ] as const)('%s: takes the bound of %j for the answer, or that of the model', (endpoint, body, output) => {
    expect(estimateOf(body, endpoint, 100).output).toBe(output);
  });

  it('expects no answer of embeddings, and counts tokens that were cut already one by one', () => {
    expect(estimateOf({ input: Array.from({ length: 500 }, (_, n) => n) }, 'embeddings', 100)).toMatchObject({
      output: 0,
    });
    expect(
      estimateOf({ input: Array.from({ length: 500 }, (_, n) => n) }, 'embeddings', 100).input,
    ).toBeGreaterThanOrEqual(500);
  });
});
