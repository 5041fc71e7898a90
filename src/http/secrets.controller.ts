import { Controller, Get, HttpCode, Post, Req } from '@nestjs/common';
import { ApiOkResponse, ApiOperation, ApiTags } from '@nestjs/swagger';
import type { FastifyRequest } from 'fastify';
import { Caller, NeedsHouse } from '../auth/decorators.js';
import type { Identity } from '../kernel/identity.js';
import { SecretsService } from '../secrets/secrets.service.js';
import { ProviderView, ReloadedView, SecretHealthView, SecretsView, SecretView } from './secrets.view.js';

/** Where the gateway's own secrets come from, and the way to fetch them anew. */
@ApiTags('secrets')
@Controller('api/v1/secrets')
export class SecretsController {
  constructor(private readonly secrets: SecretsService) {}

  @Get()
  @NeedsHouse('operator.admin')
  @ApiOperation({ summary: 'Every secret by name, where it comes from and how it stands; never its value' })
  @ApiOkResponse({ type: SecretsView })
  async list(): Promise<SecretsView> {
    const states = await this.secrets.states();
    return {
      items: states.map((state) => SecretView.of(state)),
      nextCursor: null,
      providers: [...this.secrets.providers].map(([name, standing]) => ProviderView.of(name, standing)),
      health: SecretHealthView.of(this.secrets.health.current),
    };
  }

  @Post('reload')
  @NeedsHouse('operator.admin')
  @HttpCode(200)
  @ApiOperation({
    summary: 'Fetch all secrets anew, and read the configuration with them: all of it, or nothing (503, 409)',
  })
  @ApiOkResponse({ type: ReloadedView })
  async reload(@Caller() { method, subject }: Identity, @Req() { id }: FastifyRequest): Promise<ReloadedView> {
    const actor = `${method}:${subject}`;
    return ReloadedView.of(await this.secrets.reload({ trigger: 'rest', actor, requestId: id }));
  }
}
