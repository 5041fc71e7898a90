import { Refused } from '../../../kernel/errors.js';
import type { ChatMessage, ChatRequest } from '../../completion.js';
import { anthropicRequest } from './request.js';

const HELLO: ChatMessage = { role: 'user', content: 'Hello' };

function said(body: Partial<ChatRequest> & Record<string, unknown>): Record<string, unknown> {
  const request = anthropicRequest({ model: 'any', messages: [HELLO], ...body }, { model: 'opus', maxTokens: 4096 });
  return JSON.parse(JSON.stringify(request)) as Record<string, unknown>;
}

const text = (value: string): object => ({ type: 'text', text: value });

describe('a request of the chat API in the words of the Messages API', () => {
  it('the least that can be said', () => {
    expect(said({})).toEqual({
      model: 'opus',
      max_tokens: 4096,
      messages: [{ role: 'user', content: [text('Hello')] }],
    });
  });

  it('instructions stand apart, wherever they were', () => {
    const messages = [
      { role: 'system', content: 'Be brief.' },
      HELLO,
      { role: 'developer', content: [text('Be kind.')] },
    ];

    expect(said({ messages })).toMatchObject({
      system: [text('Be brief.'), text('Be kind.')],
      messages: [{ role: 'user' }],
    });
  });

  it('tools are called, and their results come back first in one turn', () => {
    const messages = [
      HELLO,
      {
        role: 'assistant',
        content: null,
        thinking_blocks: [{ type: 'thinking', thinking: 'Hm.', signature: 's' }],
        tool_calls: [
          { id: 'a', type: 'function', function: { name: 'weather', arguments: '{"city":"Bern"}' } },
          { id: 'b', type: 'function', function: { name: 'time', arguments: '' } },
        ],
      },
      { role: 'tool', tool_call_id: 'a', content: 'rain' },
      { role: 'user', content: 'Well?' },
      { role: 'tool', tool_call_id: 'b', content: [text('noon')] },
    ];

    expect(said({ messages }).messages).toEqual([
      { role: 'user', content: [text('Hello')] },
      {
        role: 'assistant',
        content: [
          { type: 'thinking', thinking: 'Hm.', signature: 's' },
          { type: 'tool_use', id: 'a', name: 'weather', input: { city: 'Bern' } },
          { type: 'tool_use', id: 'b', name: 'time', input: {} },
        ],
      },
      {
        role: 'user',
        content: [
          { type: 'tool_result', tool_use_id: 'a', content: [text('rain')] },
          { type: 'tool_result', tool_use_id: 'b', content: [text('noon')] },
          text('Well?'),
        ],
      },
    ]);
  });

  it('pictures and documents', () => {
    const content = [
      { type: 'image_url', image_url: { url: 'data:image/png;base64,aGk=' } },
      { type: 'image_url', image_url: { url: 'https://example.com/cat.png' } },
      { type: 'file', file: { filename: 'a.pdf', file_data: 'data:application/pdf;base64,aGk=' } },
      { type: 'text', text: 'What is this?', cache_control: { type: 'ephemeral' } },
      { type: 'text', text: '' },
    ];

    expect(said({ messages: [{ role: 'user', content }] }).messages).toEqual([
      {
        role: 'user',
        content: [
          { type: 'image', source: { type: 'base64', media_type: 'image/png', data: 'aGk=' } },
          { type: 'image', source: { type: 'url', url: 'https://example.com/cat.png' } },
          { type: 'document', source: { type: 'base64', media_type: 'application/pdf', data: 'aGk=' } },
          { type: 'text', text: 'What is this?', cache_control: { type: 'ephemeral' } },
        ],
      },
    ]);
  });

  // prettier-ignore
  it.each<[Record<string, unknown>, object]>([
    // asked                                              said
    [{ max_tokens: 9 },                                   { max_tokens: 9 }],
    [{ max_tokens: 9, max_completion_tokens: 7 },         { max_tokens: 7 }],
    [{ temperature: 1.7, top_p: 0.5 },                    { temperature: 1, top_p: 0.5 }],
    [{ stop: 'END' },                                     { stop_sequences: ['END'] }],
    [{ stop: ['A', ' ', 'B'] },                           { stop_sequences: ['A', 'B'] }],
    [{ stream: true },                                    { stream: true }],
    [{ user: 'u-1' },                                     { metadata: { user_id: 'u-1' } }],
    [{ reasoning_effort: 'low', temperature: 0.2 },       { thinking: { type: 'enabled', budget_tokens: 1024 }, max_tokens: 5120 }],
    [{ response_format: { type: 'json_schema', json_schema: { name: 'n', schema: { type: 'object' } } } },
                                                          { output_config: { format: { type: 'json_schema', schema: { type: 'object' } } } }],
  ])('%j → %j', (asked, expected) => {
    expect(said(asked)).toMatchObject(expected);
  });

  it('thinking allows no temperature but its own', () => {
    expect(said({ reasoning_effort: 'high', temperature: 0.2 })).not.toHaveProperty('temperature');
  });

  const tool = { type: 'function', function: { name: 'weather', description: 'd', parameters: { type: 'object' } } };

  // prettier-ignore
  it.each<[unknown, object | undefined]>([
    [undefined,                                           undefined],
    ['auto',                                              { type: 'auto' }],
    ['none',                                              { type: 'none' }],
    ['required',                                          { type: 'any' }],
    [{ type: 'function', function: { name: 'weather' } }, { type: 'tool', name: 'weather' }],
  ])('tools with the choice %j', (choice, expected) => {
    const { tools, tool_choice } = said({ tools: [tool], tool_choice: choice });

    expect(tools).toEqual([{ name: 'weather', description: 'd', input_schema: { type: 'object' } }]);
    expect(tool_choice).toEqual(expected);
  });

  it('one tool at a time', () => {
    expect(said({ tools: [tool], parallel_tool_calls: false })).toMatchObject({
      tool_choice: { type: 'auto', disable_parallel_tool_use: true },
    });
  });

  // prettier-ignore
  it.each<[string, Record<string, unknown>]>([
    // field                                   asked
    ['messages',                               { messages: [] }],
    ['messages',                               { messages: [{ role: 'system', content: 'alone' }] }],
    ['messages[0].role',                       { messages: [{ role: 'function', content: 'x' }] }],
    ['messages[0].content',                    { messages: [{ role: 'user', content: 7 }] }],
    ['messages[0].content[0].type',            { messages: [{ role: 'user', content: [{ type: 'input_audio' }] }] }],
    ['messages[0].content[0].image_url.url',   { messages: [{ role: 'user', content: [{ type: 'image_url', image_url: { url: 'file:///etc/passwd' } }] }] }],
    ['messages[0].content[0].file',            { messages: [{ role: 'user', content: [{ type: 'file', file: { file_id: 'f' } }] }] }],
    ['messages[1].tool_calls[0].function.arguments',
                                               { messages: [HELLO, { role: 'assistant', tool_calls: [{ id: 'a', function: { name: 'n', arguments: '{' } }] }] }],
    ['messages[1].tool_calls[0].function.arguments',
                                               { messages: [HELLO, { role: 'assistant', tool_calls: [{ id: 'a', function: { name: 'n', arguments: '['.repeat(100_000) + ']'.repeat(100_000) } }] }] }],
    ['messages[1].tool_call_id',               { messages: [HELLO, { role: 'tool', content: 'x' }] }],
    ['messages[0].content[0]',                 { messages: [{ role: 'user', content: [null] }] }],
    ['messages[1].tool_calls',                 { messages: [HELLO, { role: 'assistant', tool_calls: 'n' }] }],
    ['messages[1].tool_calls[0]',              { messages: [HELLO, { role: 'assistant', tool_calls: [null] }] }],
    ['messages[1].tool_calls[0].function.name',
                                               { messages: [HELLO, { role: 'assistant', tool_calls: [{ id: 'a', function: null }] }] }],
    ['messages[1].thinking_blocks[0]',         { messages: [HELLO, { role: 'assistant', content: 'x', thinking_blocks: [null] }] }],
    ['max_tokens',                             { max_tokens: '5' }],
    ['max_tokens',                             { max_tokens: -1 }],
    ['max_tokens',                             { max_tokens: 0 }],
    ['max_tokens',                             { max_tokens: 1.5 }],
    ['max_tokens',                             { max_tokens: Number('1e400') }],
    ['temperature',                            { temperature: 'hot' }],
    ['temperature',                            { temperature: Number('1e400') }],
    ['top_p',                                  { top_p: 'x' }],
    ['stop',                                   { stop: 5 }],
    ['stop',                                   { stop: [5] }],
    ['response_format',                        { response_format: 5 }],
    ['response_format',                        { response_format: 'x' }],
    ['response_format.type',                   { response_format: {} }],
    ['response_format.json_schema.schema',     { response_format: { type: 'json_schema', json_schema: { name: 'n', schema: 5 } } }],
    ['metadata',                               { metadata: 5 }],
    ['parallel_tool_calls',                    { parallel_tool_calls: 5 }],
    ['tool_choice',                            { tool_choice: 5 }],
    ['tool_choice',                            { tool_choice: { type: 'function', function: { name: 7 } } }],
    ['stream_options',                         { stream_options: 5 }],
    ['stream_options.include_usage',           { stream_options: { include_usage: 'x' } }],
    ['logprobs',                               { logprobs: 'x' }],
    ['seed',                                   { seed: 'x' }],
    ['reasoning_effort',                       { reasoning_effort: ['low'] }],
    ['reasoning_effort',                       { reasoning_effort: { toString: 1 } }],
    ['tools[0].function.parameters',           { tools: [{ type: 'function', function: { name: 'n', parameters: 5 } }] }],
    ['tools[0].function.description',          { tools: [{ type: 'function', function: { name: 'n', description: 5 } }] }],
    ['max_completion_tokens',                  { max_completion_tokens: {}, max_tokens: 5 }],
    ['tools',                                  { tools: {} }],
    ['tools[0]',                               { tools: [null] }],
    ['tools[0].function.name',                 { tools: [{ type: 'function', function: null }] }],
    ['response_format.json_schema',            { response_format: { type: 'json_schema' } }],
    ['n',                                      { n: 2 }],
    ['logprobs',                               { logprobs: true }],
    ['functions',                              { functions: [] }],
    ['tools[0].type',                          { tools: [{ type: 'web_search' }] }],
    ['tool_choice',                            { tools: [tool], tool_choice: 'weather' }],
    ['tool_choice',                            { tools: [tool], tool_choice: 'required', reasoning_effort: 'low' }],
    ['reasoning_effort',                       { reasoning_effort: 'enormous' }],
    ['reasoning_effort',                       { reasoning_effort: 'constructor' }],
    ['response_format.type',                   { response_format: { type: 'json_object' } }],
  ])('%s cannot be said', (path, asked) => {
    const saying = (): unknown => said(asked);

    expect(saying).toThrow(Refused);
    expect(saying).toThrow(expect.objectContaining({ code: 'invalid_request', detail: expect.objectContaining({ fields: [expect.objectContaining({ path })] }) }));
  });

  it('every wrong field is named at once', () => {
    expect(() => said({ temperature: 'hot', stop: 5, top_p: 0.5, metadata: 'x' })).toThrow(
      expect.objectContaining({
        detail: expect.objectContaining({
          fields: [
            { path: 'temperature', message: 'must be a number from 0 to 2' },
            { path: 'stop', message: 'must be a text or a list of texts' },
            { path: 'metadata', message: 'must be an object' },
          ],
        }),
      }),
    );
  });

  it('what is null was not given', () => {
    const fields =
      'max_tokens max_completion_tokens temperature top_p stop tool_choice parallel_tool_calls response_format reasoning_effort stream_options metadata logprobs seed n tools';
    const nulls = Object.fromEntries(fields.split(' ').map((field) => [field, null]));
    expect(said(nulls)).toEqual(said({}));
    expect(said({ ...nulls, tools: [tool], reasoning_effort: 'low' })).not.toHaveProperty('tool_choice');
  });
});
