import type { ApiResponseNoStatusOptions } from '@nestjs/swagger';

const MODEL = {
  type: 'string',
  maxLength: 256,
  example: 'openclaw/main',
  description:
    'An agent (openclaw, openclaw/<id>) or a model (provider/model, an alias); the default agent when it is left out.',
} as const;

const STREAM = { type: 'boolean', description: 'Whether the answer comes as events, piece by piece.' } as const;

/** Everything else is as OpenAI documents it, and travels to the provider as it is. */
const MORE = { type: 'object', additionalProperties: true } as const;

export const CHAT_BODY = {
  ...MORE,
  required: ['messages'],
  properties: {
    model: MODEL,
    stream: STREAM,
    messages: { type: 'array', minItems: 1, items: { type: 'object', additionalProperties: true } },
  },
};

export const RESPONSES_BODY = {
  ...MORE,
  properties: { model: MODEL, stream: STREAM, input: { description: 'A text, or a list of items.' } },
};

export const EMBEDDINGS_BODY = {
  ...MORE,
  required: ['input'],
  properties: { model: MODEL, input: { description: 'A text, or a list of them.' } },
};

export const ANSWER: ApiResponseNoStatusOptions = {
  description: 'What the model answered, in the shape of the same endpoint of OpenAI',
  content: {
    'application/json': { schema: { type: 'object', additionalProperties: true } },
    'text/event-stream': { schema: { type: 'string' } },
  },
};
