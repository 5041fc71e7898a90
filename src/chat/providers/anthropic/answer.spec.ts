import { chatCompletion } from './answer.js';

const HEAD = { id: 'chatcmpl-1', created: 1_767_960_000, model: 'anthropic/opus' };

describe('an answer of the Messages API as a chat.completion', () => {
  it('text, thinking, tools and usage', () => {
    const answer = chatCompletion(
      {
        id: 'msg_1',
        stop_reason: 'tool_use',
        content: [
          { type: 'thinking', thinking: 'Hm.', signature: 's' },
          { type: 'text', text: 'Let me ' },
          { type: 'text', text: 'see.' },
          { type: 'tool_use', id: 'a', name: 'weather', input: { city: 'Bern' } },
        ],
        usage: { input_tokens: 10, cache_creation_input_tokens: 3, cache_read_input_tokens: 4, output_tokens: 5 },
      },
      HEAD,
    );

    expect(answer).toEqual({
      ...HEAD,
      object: 'chat.completion',
      choices: [
        {
          index: 0,
          finish_reason: 'tool_calls',
          logprobs: null,
          message: {
            role: 'assistant',
            content: 'Let me see.',
            refusal: null,
            reasoning_content: 'Hm.',
            thinking_blocks: [{ type: 'thinking', thinking: 'Hm.', signature: 's' }],
            tool_calls: [{ id: 'a', type: 'function', function: { name: 'weather', arguments: '{"city":"Bern"}' } }],
          },
        },
      ],
      usage: { prompt_tokens: 17, completion_tokens: 5, total_tokens: 22, prompt_tokens_details: { cached_tokens: 4 } },
    });
  });

  it('an answer without words has content null', () => {
    const answer = chatCompletion({ id: 'm', stop_reason: 'end_turn', content: [], usage: {} }, HEAD);

    expect(answer).toMatchObject({ choices: [{ message: { content: null }, finish_reason: 'stop' }] });
  });
});
