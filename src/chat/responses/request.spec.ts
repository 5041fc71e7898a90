import { Refused } from '../../kernel/errors.js';
import { chatRequest } from './request.js';
import { sealThoughts } from './thoughts.js';

/** What `sealThoughts` makes of blocks that are this JSON. */
const sealedText = (json: string): string =>
  sealThoughts([]).slice(0, -Buffer.from('[]').toString('base64url').length) + Buffer.from(json).toString('base64url');

const asked = (more: object) => chatRequest({ model: 'anthropic/opus', input: 'Hello', ...more });

function problem(more: object): unknown {
  try {
    asked(more);
  } catch (error) {
    if (error instanceof Refused) return error.detail.fields;
    throw error;
  }
  return 'none';
}

describe('a request of the Responses API as one of the chat API', () => {
  it('asks what a text asks', () => {
    expect(asked({ instructions: 'Be brief.' })).toEqual({
      model: 'anthropic/opus',
      messages: [
        { role: 'system', content: 'Be brief.' },
        { role: 'user', content: 'Hello' },
      ],
    });
  });

  it.each([
    ['a bound', { max_output_tokens: 50 }, { max_tokens: 50 }],
    ['sampling', { temperature: 0.2, top_p: 0.9 }, { temperature: 0.2, top_p: 0.9 }],
    ['an end user', { user: 'u-1' }, { user: 'u-1' }],
    ['how hard to think', { reasoning: { effort: 'low', summary: 'auto' } }, { reasoning_effort: 'low' }],
    ['a stream', { stream: true }, { stream: true }],
    ['no stream', { stream: false }, {}],
    ['plain text', { text: { format: { type: 'text' }, verbosity: 'low' } }, {}],
    ['any JSON', { text: { format: { type: 'json_object' } } }, { response_format: { type: 'json_object' } }],
    [
      'JSON of a shape',
      { text: { format: { type: 'json_schema', name: 'day', strict: true, schema: { type: 'object' } } } },
      {
        response_format: {
          type: 'json_schema',
          json_schema: { name: 'day', strict: true, schema: { type: 'object' } },
        },
      },
    ],
    [
      'hints that change no meaning',
      { store: true, truncation: 'auto', metadata: { a: 'b' }, include: ['reasoning.encrypted_content'], prompt: null },
      {},
    ],
    ['no tools', { tools: [], tool_choice: 'auto', parallel_tool_calls: true }, {}],
  ])('%s', (_what, more, expected) => {
    expect(asked(more)).toEqual({
      model: 'anthropic/opus',
      messages: [{ role: 'user', content: 'Hello' }],
      ...expected,
    });
  });

  it('tools, and which of them', () => {
    const parameters = { type: 'object', properties: { city: { type: 'string' } } };
    const tool = { type: 'function', name: 'weather', description: 'Of a city', parameters, strict: true };
    expect(
      asked({ tools: [tool], tool_choice: { type: 'function', name: 'weather' }, parallel_tool_calls: false }),
    ).toEqual(
      expect.objectContaining({
        tools: [
          { type: 'function', function: { name: 'weather', description: 'Of a city', parameters, strict: true } },
        ],
        tool_choice: { type: 'function', function: { name: 'weather' } },
        parallel_tool_calls: false,
      }),
    );
  });

  it.each([
    ['previous_response_id', { previous_response_id: 'resp_1' }],
    ['conversation', { conversation: 'conv_1' }],
    ['background', { background: true }],
    ['prompt', { prompt: { id: 'pmpt_1' } }],
    ['top_logprobs', { top_logprobs: 2 }],
    ['tools', { tools: {} }],
    ['tools[0].type', { tools: [{ type: 'web_search' }] }],
    ['tools[1].name', { tools: [{ type: 'function', name: 'a' }, { type: 'function' }] }],
    ['tool_choice', { tools: [{ type: 'function', name: 'a' }], tool_choice: { type: 'file_search' } }],
    ['text.format.type', { text: { format: { type: 'grammar' } } }],
    ['input', { input: 7 }],
    ['input', { input: [] }],
    ['input[0].type', { input: [{ type: 'web_search_call' }] }],
    ['input[0].type', { input: [{ type: 'item_reference', id: 'msg_1' }] }],
    ['input[0].role', { input: [{ role: 'tool', content: 'x' }] }],
    ['input[0].content', { input: [{ role: 'user' }] }],
    ['input[0].content[0].type', { input: [{ role: 'user', content: [{ type: 'input_video' }] }] }],
    ['input[0].content[0].file_id', { input: [{ role: 'user', content: [{ type: 'input_image', file_id: 'f' }] }] }],
    ['input[0].content[0].file_id', { input: [{ role: 'user', content: [{ type: 'input_file', file_id: 'f' }] }] }],
    ['input[0].call_id', { input: [{ type: 'function_call_output', output: 'x' }] }],
    ['input[0].arguments', { input: [{ type: 'function_call', call_id: 'c', name: 'f' }] }],
    ['instructions', { instructions: 7 }],
    ['max_output_tokens', { max_output_tokens: '5' }],
    ['max_output_tokens', { max_output_tokens: 0 }],
    ['max_output_tokens', { max_output_tokens: Number('1e400') }],
    ['reasoning', { reasoning: 5 }],
    ['reasoning.effort', { reasoning: { effort: 5 } }],
    ['text', { text: 5 }],
    ['text.format', { text: { format: 'json' } }],
    ['text.format.type', { text: { format: {} } }],
    ['text.format.schema', { text: { format: { type: 'json_schema', name: 'n', schema: 5 } } }],
    ['temperature', { temperature: 'x' }],
    ['top_p', { top_p: 2 }],
    ['tool_choice', { tool_choice: 5 }],
    ['parallel_tool_calls', { parallel_tool_calls: 'x' }],
    ['include', { include: 5 }],
    ['include', { include: [5] }],
    ['metadata', { metadata: 5 }],
    ['tools[0]', { tools: [null] }],
    ['tools[0].parameters', { tools: [{ type: 'function', name: 'n', parameters: 5 }] }],
    ['tools[0].strict', { tools: [{ type: 'function', name: 'n', strict: 'x' }] }],
    ['input[0]', { input: [5] }],
  ])('names %s, which cannot be asked', (path, more) => {
    expect(problem(more)).toEqual([{ path, message: expect.any(String) }]);
  });
});

it('every wrong field is named at once, and what is null was not given', () => {
  expect(problem({ temperature: 'x', reasoning: 5, text: null, include: 'x' })).toEqual([
    { path: 'temperature', message: 'must be a number from 0 to 2' },
    { path: 'reasoning', message: 'must be an object' },
    { path: 'include', message: 'must be a list of texts' },
  ]);
  const fields =
    'instructions max_output_tokens temperature top_p tools tool_choice parallel_tool_calls reasoning text include metadata store background stream user';
  const nulls = Object.fromEntries(fields.split(' ').map((field) => [field, null]));
  expect(asked(nulls)).toEqual(asked({}));
  expect(asked({ reasoning: { effort: null }, text: { format: null } })).toEqual(asked({}));
});

describe('the items of a conversation as messages', () => {
  const messages = (input: unknown) => asked({ input }).messages;

  it('parts', () => {
    const parts = [
      { type: 'input_text', text: 'What is this?' },
      { type: 'input_image', image_url: 'data:image/png;base64,AA==', detail: 'low' },
      { type: 'input_file', file_data: 'data:application/pdf;base64,AA==', filename: 'a.pdf' },
      { type: 'input_file', file_url: 'https://example.com/b.pdf' },
    ];
    expect(messages([{ role: 'user', content: parts }])).toEqual([
      {
        role: 'user',
        content: [
          { type: 'text', text: 'What is this?' },
          { type: 'image_url', image_url: { url: 'data:image/png;base64,AA==', detail: 'low' } },
          { type: 'file', file: { file_data: 'data:application/pdf;base64,AA==', filename: 'a.pdf' } },
          { type: 'file', file: { file_data: 'https://example.com/b.pdf' } },
        ],
      },
    ]);
  });

  it('texts alone are one text; a developer is the system', () => {
    const parts = [
      { type: 'input_text', text: 'a' },
      { type: 'input_text', text: 'b' },
    ];
    expect(messages([{ type: 'message', role: 'developer', content: parts }])).toEqual([
      { role: 'system', content: 'ab' },
    ]);
  });

  it('what the model thought, said and called is one message; then the results', () => {
    const blocks = [{ type: 'thinking', thinking: 'Hm.', signature: 's' }];
    const call = (id: string) => ({
      type: 'function_call',
      id: `fc_${id}`,
      call_id: id,
      name: 'weather',
      arguments: '{}',
    });
    const conversation = [
      { role: 'user', content: 'Where is it warmer?' },
      { type: 'reasoning', id: 'rs_1', summary: [], encrypted_content: sealThoughts(blocks) },
      { type: 'message', role: 'assistant', content: [{ type: 'output_text', text: 'I look.', annotations: [] }] },
      call('a'),
      call('b'),
      { type: 'function_call_output', call_id: 'a', output: '20' },
      { type: 'function_call_output', call_id: 'b', output: [{ type: 'input_text', text: '21' }] },
      { role: 'user', content: 'Well?' },
    ];
    const called = (id: string) => ({ id, type: 'function', function: { name: 'weather', arguments: '{}' } });
    expect(messages(conversation)).toEqual([
      { role: 'user', content: 'Where is it warmer?' },
      { role: 'assistant', content: 'I look.', tool_calls: [called('a'), called('b')], thinking_blocks: blocks },
      { role: 'tool', tool_call_id: 'a', content: '20' },
      { role: 'tool', tool_call_id: 'b', content: '21' },
      { role: 'user', content: 'Well?' },
    ]);
  });

  it('thoughts without end break nothing (S208)', () => {
    const thoughts = sealThoughts(Array.from({ length: 150_000 }, () => ({ type: 'thinking' })));
    const reasoning = { type: 'reasoning', id: 'rs_1', summary: [], encrypted_content: thoughts };
    const [message] = messages([reasoning, { role: 'assistant', content: 'b' }]);
    expect(message!.thinking_blocks).toHaveLength(150_000);
  });

  it.each([
    ['of another provider', 'gAAAAABo'],
    ['that are no longer whole', `${sealThoughts([{ type: 'thinking' }]).slice(0, -4)}`],
    ['that are not thoughts', sealThoughts([{ type: 'tool_use' }])],
    ['that are deeper than any', sealedText(`[{"type":"thinking","thinking":${'['.repeat(1e5)}${']'.repeat(1e5)}}]`)],
    ['that are absent', undefined],
  ])('thoughts %s are left out', (_whose, text) => {
    const reasoning = { type: 'reasoning', id: 'rs_1', summary: [], encrypted_content: text };
    expect(messages([{ role: 'user', content: 'a' }, reasoning, { role: 'assistant', content: 'b' }])).toEqual([
      { role: 'user', content: 'a' },
      { role: 'assistant', content: 'b' },
    ]);
  });
});
