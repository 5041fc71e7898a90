import { Controller, Get, Inject } from '@nestjs/common';
import { ApiOkResponse, ApiOperation, ApiProperty, ApiTags } from '@nestjs/swagger';
import { NeedsHouse } from '../auth/decorators.js';
import { LOADED_CONFIG } from '../config/config.module.js';
import type { LoadedConfig } from '../config/load.js';

export class ConfigView {
  @ApiProperty({ type: String, nullable: true, description: 'The file that was read.' })
  file: string | null;

  @ApiProperty({ description: 'How many times the configuration was loaded.' })
  version: number;

  @ApiProperty({ type: Object, description: 'The file, with a mark in the place of each secret; references stay.' })
  config: object;

  @ApiProperty({ type: Object, description: 'Where each setting that is no default comes from.' })
  origins: Readonly<Record<string, string>>;

  @ApiProperty({ type: [String], description: 'Sections of the file that this gateway does not read.' })
  unusedSections: readonly string[];
}

/** The configuration in use, without its secrets. */
@ApiTags('operating')
@Controller('api/v1/config')
export class ConfigController {
  constructor(@Inject(LOADED_CONFIG) private readonly loaded: () => LoadedConfig) {}

  @Get()
  @NeedsHouse('operator.admin')
  @ApiOperation({ summary: 'The configuration in use, and where each setting comes from; never a secret' })
  @ApiOkResponse({ type: ConfigView })
  show(): ConfigView {
    const { configPath = null, snapshot, redacted, origins, unusedSections } = this.loaded();
    return {
      file: configPath,
      version: snapshot.version,
      config: redacted(),
      origins: Object.fromEntries(origins),
      unusedSections,
    };
  }
}
