import { type Completion, responseOf } from './answer.js';
import type { ResponseHead } from './response.js';
import { openThoughts } from './thoughts.js';

const HEAD: ResponseHead = {
  id: 'resp_1',
  createdAt: 1_767_960_000,
  request: { model: 'opus', input: 'x', instructions: 'Be brief.', temperature: 0.5, metadata: { a: 'b' } },
};

const completion = (message: object, finish = 'stop', usage?: object): Completion => ({
  model: 'claude-opus',
  choices: [{ message, finish_reason: finish }],
  usage,
});

const text = (said: string) => ({ type: 'output_text', text: said, annotations: [], logprobs: [] });

describe('a whole answer as a response', () => {
  it('says what was said, and again what was asked', () => {
    const usage = {
      prompt_tokens: 10,
      completion_tokens: 5,
      total_tokens: 15,
      prompt_tokens_details: { cached_tokens: 4 },
    };
    expect(responseOf(completion({ content: 'Hello.' }, 'stop', usage), HEAD)).toEqual({
      id: 'resp_1',
      object: 'response',
      created_at: 1_767_960_000,
      status: 'completed',
      background: false,
      error: null,
      incomplete_details: null,
      instructions: 'Be brief.',
      max_output_tokens: null,
      model: 'claude-opus',
      output: [{ id: 'msg_1_0', type: 'message', role: 'assistant', status: 'completed', content: [text('Hello.')] }],
      parallel_tool_calls: true,
      previous_response_id: null,
      reasoning: { effort: null, summary: null },
      store: false,
      temperature: 0.5,
      text: { format: { type: 'text' } },
      tool_choice: 'auto',
      tools: [],
      top_p: null,
      truncation: 'disabled',
      usage: {
        input_tokens: 10,
        input_tokens_details: { cached_tokens: 4 },
        output_tokens: 5,
        output_tokens_details: { reasoning_tokens: 0 },
        total_tokens: 15,
      },
      metadata: { a: 'b' },
    });
  });

  it('thoughts, text and calls, in this order', () => {
    const blocks = [{ type: 'thinking', thinking: 'Hm.', signature: 's' }];
    const called = { id: 'toolu_1', type: 'function', function: { name: 'weather', arguments: '{"city":"Oslo"}' } };
    const message = { content: 'I look.', reasoning_content: 'Hm.', thinking_blocks: blocks, tool_calls: [called] };
    const { output } = responseOf(completion(message, 'tool_calls'), HEAD) as {
      output: { encrypted_content?: string }[];
    };
    expect(output).toEqual([
      expect.objectContaining({ id: 'rs_1_0', type: 'reasoning', content: [{ type: 'reasoning_text', text: 'Hm.' }] }),
      expect.objectContaining({ id: 'msg_1_1', type: 'message', content: [text('I look.')] }),
      {
        id: 'fc_1_2',
        type: 'function_call',
        status: 'completed',
        call_id: 'toolu_1',
        name: 'weather',
        arguments: '{"city":"Oslo"}',
      },
    ]);
    expect(openThoughts(output[0]!.encrypted_content)).toEqual(blocks);
  });

  it.each([
    ['length', 'incomplete', { reason: 'max_output_tokens' }],
    ['content_filter', 'incomplete', { reason: 'content_filter' }],
    ['tool_calls', 'completed', null],
  ])('that stopped for %s is %s', (finish, status, details) => {
    expect(responseOf(completion({ content: 'a' }, finish), HEAD)).toMatchObject({
      status,
      incomplete_details: details,
      output: [{ status }],
    });
  });

  it('a refusal is one', () => {
    expect(responseOf(completion({ content: null, refusal: 'No.' }), HEAD)).toMatchObject({
      output: [{ content: [{ type: 'refusal', refusal: 'No.' }] }],
    });
  });

  it('nothing said is nothing', () => {
    expect(responseOf({}, HEAD)).toMatchObject({ status: 'completed', output: [], usage: null, model: 'opus' });
  });
});
