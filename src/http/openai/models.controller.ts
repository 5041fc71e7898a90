import { Controller, Get, Inject, Param } from '@nestjs/common';
import { ApiOkResponse, ApiOperation, ApiParam, ApiProperty, ApiTags } from '@nestjs/swagger';
import { Caller, Needs } from '../../auth/decorators.js';
import { catalogue } from '../../chat/targets/catalogue.js';
import { type ModelName, modelList, modelNamed } from '../../chat/targets/model-list.js';
import { ConfigService } from '../../config/config.service.js';
import { CLOCK, type Clock } from '../../kernel/clock.js';
import type { Identity } from '../../kernel/identity.js';

class ModelView {
  @ApiProperty({ example: 'openclaw/main' })
  id: string;

  @ApiProperty({ enum: ['model'] })
  object: 'model';

  @ApiProperty({ description: 'Seconds since the epoch: since when this gateway has known it.' })
  created: number;

  @ApiProperty({ description: '`doorward` for an agent, else the provider.' })
  owned_by: string;

  static of({ id, owner }: ModelName, created: number): ModelView {
    return { id, object: 'model', created, owned_by: owner };
  }
}

class ModelListView {
  @ApiProperty({ enum: ['list'] })
  object: 'list';

  @ApiProperty({ type: [ModelView] })
  data: ModelView[];
}

/** What may be named as `model`: agents, and the models that the configuration names. */
@ApiTags('model API')
@Controller('v1/models')
export class ModelsController {
  private readonly since: number;

  constructor(
    private readonly config: ConfigService,
    @Inject(CLOCK) clock: Clock,
  ) {
    this.since = Math.floor(clock.now() / 1000);
  }

  @Get()
  @Needs('operator.read')
  @ApiOperation({
    summary: 'Every agent and model that you may call by name; models that are not listed may be called too',
  })
  @ApiOkResponse({ type: ModelListView })
  list(@Caller() { tenantId }: Identity): ModelListView {
    const names = modelList(catalogue(this.config.current, tenantId));
    return { object: 'list', data: names.map((name) => ModelView.of(name, this.since)) };
  }

  /** A wildcard: ids hold slashes. */
  @Get('*')
  @Needs('operator.read')
  @ApiOperation({ summary: 'One of them' })
  @ApiParam({ name: 'id', example: 'openclaw/main' })
  @ApiOkResponse({ type: ModelView })
  one(@Param('*') id: string, @Caller() { tenantId }: Identity): ModelView {
    return ModelView.of(modelNamed(id, catalogue(this.config.current, tenantId)), this.since);
  }
}
