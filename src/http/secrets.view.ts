import { ApiProperty, ApiPropertyOptional } from '@nestjs/swagger';
import type { Standing } from '../secrets/provider-desk.js';
import type { SecretHealth } from '../secrets/secret-health.js';
import type { SecretState } from '../secrets/secret-states.js';
import type { Reloaded } from '../secrets/secrets.service.js';

const STATES = ['resolved', 'last-known-good', 'inactive', 'plain'] as const;

/** A secret by its name. What it is, nobody is told. */
export class SecretView {
  @ApiProperty({ example: 'models.providers.openai.apiKey', description: 'The setting that needs it.' })
  path: string;

  @ApiProperty({ enum: ['env', 'file', 'exec', 'config', 'environment'] })
  source: string;

  @ApiPropertyOptional({ example: 'vault' })
  provider?: string;

  @ApiPropertyOptional({ example: 'providers/openai/apiKey' })
  id?: string;

  @ApiProperty({ enum: STATES, description: '`plain`: it stands there itself, no reference is followed.' })
  state: string;

  @ApiPropertyOptional({ format: 'date-time', description: 'When it was had.' })
  since?: string;

  @ApiPropertyOptional({ description: 'Why it is not needed, or which variable gives it.' })
  reason?: string;

  static of({ path, source, provider, id, state, since, reason }: SecretState): SecretView {
    return { path, source, provider, id, state, since: dateOf(since), reason };
  }
}

export class ProviderView {
  @ApiProperty({ example: 'vault' })
  name: string;

  @ApiProperty({ enum: ['env', 'file', 'exec'] })
  source: string;

  @ApiProperty({ enum: ['ok', 'failing'] })
  state: string;

  @ApiProperty({ format: 'date-time' })
  askedAt: string;

  @ApiPropertyOptional({ format: 'date-time' })
  answeredAt?: string;

  @ApiProperty({ description: 'In a row.' })
  failures: number;

  @ApiPropertyOptional()
  reason?: string;

  static of(name: string, { source, state, askedAt, answeredAt, failures, reason }: Standing): ProviderView {
    return { name, source, state, askedAt: dateOf(askedAt)!, answeredAt: dateOf(answeredAt), failures, reason };
  }
}

export class SecretHealthView {
  @ApiProperty({ enum: ['healthy', 'degraded'] })
  state: string;

  @ApiPropertyOptional({ format: 'date-time' })
  since?: string;

  @ApiPropertyOptional({ type: [Object], description: 'What could not be had at the last try, and who needs it.' })
  failing?: readonly { path: string; message: string }[];

  static of(health: SecretHealth): SecretHealthView {
    if (health.state === 'healthy') return { state: 'healthy' };
    const failing = health.failing.map(({ path, message }) => ({ path, message }));
    return { state: 'degraded', since: dateOf(health.since), failing };
  }
}

/** All secrets by name, and how those who keep them have answered. */
export class SecretsView {
  @ApiProperty({ type: [SecretView] })
  items: SecretView[];

  @ApiProperty({ type: String, nullable: true, description: 'Always null: there is one page.' })
  nextCursor: null;

  @ApiProperty({ type: [ProviderView] })
  providers: ProviderView[];

  @ApiProperty({ type: SecretHealthView })
  health: SecretHealthView;
}

export class ReloadedView {
  @ApiProperty({ example: true })
  ok: true;

  @ApiProperty({ description: 'The number of the snapshot that is now in use.' })
  version: number;

  @ApiProperty({ description: 'References that were followed.' })
  resolved: number;

  @ApiProperty({ description: 'References that nobody needs as things stand.' })
  inactive: number;

  @ApiProperty()
  warningCount: number;

  @ApiProperty({ type: [String] })
  warnings: readonly string[];

  static of({ version, resolved, inactive, warnings }: Reloaded): ReloadedView {
    return { ok: true, version, resolved, inactive, warningCount: warnings.length, warnings };
  }
}

function dateOf(ms: number | undefined): string | undefined {
  return ms === undefined ? undefined : new Date(ms).toISOString();
}
