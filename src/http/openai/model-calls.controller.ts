import { Controller, Post } from '@nestjs/common';
import { ApiBody, ApiOkResponse, ApiOperation, ApiTags } from '@nestjs/swagger';
import type { FastifyReply, FastifyRequest } from 'fastify';
import { ANSWER, CHAT_BODY, EMBEDDINGS_BODY, RESPONSES_BODY } from './request.schemas.js';
import { ModelEdge } from './model-edge.js';
import { CallsModel } from './model-route.js';

/** Calls to models in the shape of OpenAI's API. Fastify calls these methods itself: `CallsModel`. */
@ApiTags('model API')
@Controller('v1')
export class ModelCallsController {
  constructor(private readonly edge: ModelEdge) {}

  @Post('chat/completions')
  @CallsModel('chat/completions')
  @ApiOperation({ summary: 'Asks an agent or a model to go on with a conversation, streamed or at once' })
  @ApiBody({ schema: CHAT_BODY })
  @ApiOkResponse(ANSWER)
  chat(request: FastifyRequest, reply: FastifyReply): void {
    this.edge.serve('chat/completions', request, reply);
  }

  @Post('responses')
  @CallsModel('responses')
  @ApiOperation({ summary: 'The same by the Responses API' })
  @ApiBody({ schema: RESPONSES_BODY })
  @ApiOkResponse(ANSWER)
  responses(request: FastifyRequest, reply: FastifyReply): void {
    this.edge.serve('responses', request, reply);
  }

  @Post('embeddings')
  @CallsModel('embeddings')
  @ApiOperation({ summary: 'Turns texts into vectors' })
  @ApiBody({ schema: EMBEDDINGS_BODY })
  @ApiOkResponse(ANSWER)
  embeddings(request: FastifyRequest, reply: FastifyReply): void {
    this.edge.serve('embeddings', request, reply);
  }
}
