import { Controller, Get, Query } from '@nestjs/common';
import { ApiOkResponse, ApiOperation, ApiPropertyOptional, ApiTags } from '@nestjs/swagger';
import { IsOptional, IsString, MaxLength } from 'class-validator';
import { Caller, Needs } from '../auth/decorators.js';
import { statusReader } from '../chat/targets/status-reader.js';
import { StatusViews } from '../credentials/status/status-views.js';
import type { Identity } from '../kernel/identity.js';
import { ModelStatusView } from './model-status.view.js';

class StatusQuery {
  @ApiPropertyOptional({ description: 'The default agent unless another is named.' })
  @IsOptional()
  @IsString()
  @MaxLength(64)
  agent?: string;
}

/** Whether the models can be asked. */
@ApiTags('models')
@Controller('api/v1/models/status')
export class ModelStatusController {
  constructor(private readonly statuses: StatusViews) {}

  @Get()
  @Needs('operator.read')
  @ApiOperation({ summary: 'How good the model credentials of an agent are; whose they are, for admins of the house' })
  @ApiOkResponse({ type: ModelStatusView })
  async status(@Query() { agent }: StatusQuery, @Caller() caller: Identity): Promise<ModelStatusView> {
    return ModelStatusView.of(await this.statuses.of(agent, statusReader(caller)));
  }
}
