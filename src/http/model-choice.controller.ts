import { Controller, Get, Query } from '@nestjs/common';
import { ApiOkResponse, ApiOperation, ApiPropertyOptional, ApiProperty, ApiTags } from '@nestjs/swagger';
import { IsOptional, IsString, MaxLength } from 'class-validator';
import { NeedsHouse } from '../auth/decorators.js';
import { ConfigService } from '../config/config.service.js';
import { defaultAgent } from '../credentials/agents.js';
import { CredentialsService } from '../credentials/credentials.service.js';
import { ModelChoiceView } from './model-choice.view.js';

class ChoiceQuery {
  @ApiPropertyOptional({ description: 'The default agent unless another is named.' })
  @IsOptional()
  @IsString()
  @MaxLength(64)
  agent?: string;

  @ApiProperty({ example: 'anthropic' })
  @IsString()
  @MaxLength(64)
  provider: string;

  @ApiPropertyOptional({ description: 'As the provider names it: a rate limit may concern one model alone.' })
  @IsOptional()
  @IsString()
  @MaxLength(256)
  model?: string;

  @ApiPropertyOptional({ description: 'A profile as a session would have chosen it.' })
  @IsOptional()
  @IsString()
  @MaxLength(256)
  pin?: string;
}

/** The reasons behind the choice of a credential. */
@ApiTags('models')
@Controller('api/v1/models/choice')
export class ModelChoiceController {
  constructor(
    private readonly credentials: CredentialsService,
    private readonly config: ConfigService,
  ) {}

  @Get()
  @NeedsHouse('operator.admin')
  @ApiOperation({ summary: 'Which credential an agent would be given at a provider, and why; never what it is' })
  @ApiOkResponse({ type: ModelChoiceView })
  async explain(@Query() { agent, provider, model, pin }: ChoiceQuery): Promise<ModelChoiceView> {
    const config = this.config.current;
    const need = { agent: (agent ?? defaultAgent(config).id).toLowerCase(), provider, model, pin };
    return ModelChoiceView.of(await this.credentials.explain(need, config));
  }
}
