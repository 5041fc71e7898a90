import { anthropicTokens } from '../providers/anthropic/tokens.js';
import { openAiTokens } from './tokens.js';

describe('what a provider counts', () => {
  // prettier-ignore
  it.each<[string, object, object | undefined]>([
    ['of a chat',        { prompt_tokens: 9, completion_tokens: 2 },                          { input: 9, output: 2, cachedInput: 0 }],
    ['of a response',    { input_tokens: 9, output_tokens: 2, input_tokens_details: { cached_tokens: 4 } }, { input: 9, output: 2, cachedInput: 4 }],
    ['as a text',        { prompt_tokens: '9', completion_tokens: 2 },                        { input: 0, output: 2, cachedInput: 0 }],
    ['below nothing',    { prompt_tokens: -9, completion_tokens: -2 },                        undefined],
    ['beyond all books', { prompt_tokens: 1e308, completion_tokens: 1e308 },                  undefined],
    ['in details alone', { prompt_tokens_details: 'x', prompt_tokens: null },                 undefined],
    ['not at all',       {},                                                                  undefined],
  ])('in the words of OpenAI, %s', (_, usage, tokens) => {
    expect(openAiTokens(usage)).toEqual(tokens);
  });

  // prettier-ignore
  it.each<[string, object, object | undefined]>([
    ['all of it',        { input_tokens: 9, output_tokens: 2, cache_read_input_tokens: 4, cache_creation_input_tokens: 3 }, { input: 16, output: 2, cachedInput: 4, writtenInput: 3 }],
    ['as a text',        { input_tokens: '9', output_tokens: 2, cache_read_input_tokens: '4' }, { input: 0, output: 2, cachedInput: 0, writtenInput: 0 }],
    ['below nothing',    { input_tokens: 9, cache_read_input_tokens: -4, output_tokens: -2 },   { input: 9, output: 0, cachedInput: 0, writtenInput: 0 }],
    ['beyond all books', { input_tokens: 1e308, output_tokens: 1e308 },                         undefined],
    ['not at all',       {},                                                                    undefined],
  ])('in the words of Anthropic, %s', (_, usage, tokens) => {
    expect(anthropicTokens(usage)).toEqual(tokens);
  });
});
