import { Controller, Get, Res } from '@nestjs/common';
import { ApiOperation, ApiProduces, ApiTags } from '@nestjs/swagger';
import type { FastifyReply } from 'fastify';
import { NeedsHouse } from '../auth/decorators.js';
import { Exposition } from '../metrics/exposition.js';

/** What has been counted, for Prometheus and what reads as it does. Strangers and tenants learn nothing of it (S201). */
@ApiTags('operating')
@Controller('metrics')
export class MetricsController {
  constructor(private readonly exposition: Exposition) {}

  @Get()
  @NeedsHouse('operator.read')
  @ApiProduces('text/plain')
  @ApiOperation({ summary: 'Numbers of this gateway in the Prometheus text format' })
  async metrics(@Res({ passthrough: true }) reply: FastifyReply): Promise<string> {
    const { contentType, text } = await this.exposition.text();
    reply.header('content-type', contentType);
    return text;
  }
}
