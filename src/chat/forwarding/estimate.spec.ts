import { estimateOf } from './estimate.js';

const said = (content: unknown) => ({ messages: [{ role: 'user', content }] });
const input = (content: unknown): number =>
  estimateOf(said(content), 'chat/completions', 100).input - estimateOf(said(''), 'chat/completions', 100).input;

describe('the most that a request can come to', () => {
  it.each([
    ['a text', 'x'.repeat(300), 100],
    ['a text in another script: up to a token for each byte', '語'.repeat(300), 700],
    ['a picture', [{ type: 'image_url', image_url: { url: `data:image/png;base64,${'A'.repeat(9000)}` } }], 2000],
    ['a picture by its address', [{ type: 'image_url', image_url: { url: 'https://example.com/a.png' } }], 2000],
    ['a picture by its address alone', [{ type: 'image_url', image_url: 'https://example.com/a.png' }], 2000],
    ['a picture of the Responses API', [{ type: 'input_image', image_url: 'https://example.com/a.png' }], 2000],
    ['a picture of Anthropic', [{ type: 'image', source: { type: 'url', url: 'https://example.com/a.png' } }], 2000],
    [
      'a picture in capitals',
      [{ type: 'IMAGE_URL', image_url: { url: `data:image/png;base64,${'A'.repeat(9000)}` } }],
      2000,
    ],
    ['two pictures', [1, 2].map(() => ({ type: 'image_url', image_url: { url: 'http://a.example/' } })), 4000],
    ['a picture that was uploaded', [{ type: 'input_image', file_id: 'file-1' }], 2000],
    ['a picture whose address is a text', [{ type: 'image_url', image_url: { url: 'x'.repeat(9000) } }], 3000],
    ['a text under the name of a picture', [{ type: 'text', url: `data:,${'x'.repeat(9000)}` }], 3000],
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
    ['chat/completions', { max_tokens: 5, best_of: 4 }, 20],
    ['chat/completions', { max_tokens: 5, n: 2, best_of: 4 }, 20],
    ['chat/completions', { max_tokens: 5, n: 4, best_of: 2 }, 20],
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
