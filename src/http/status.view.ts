import { ApiProperty } from '@nestjs/swagger';

class FailingPartView {
  @ApiProperty({ example: 'database' })
  part: string;

  @ApiProperty()
  reason: string;
}

/** The state of the gateway on one screen. */
export class StatusView {
  @ApiProperty()
  version: string;

  @ApiProperty()
  uptimeMs: number;

  @ApiProperty()
  ready: boolean;

  @ApiProperty({ type: [FailingPartView] })
  failing: readonly FailingPartView[];

  @ApiProperty({ description: 'The database in use, in words.' })
  database: string;

  @ApiProperty({ type: [String], description: 'The active methods, in the order in which they are asked.' })
  methods: readonly string[];

  @ApiProperty({ description: 'How many times the configuration was loaded.' })
  configVersion: number;
}
