import { ApiProperty, ApiPropertyOptional } from '@nestjs/swagger';
import type { StatusView } from '../credentials/status/status-view.js';
import { ModelAuthView } from './model-auth.view.js';

/** How good the model credentials of an agent are: what `doorward models status --json` says. */
export class ModelStatusView {
  @ApiProperty({ example: 'main' })
  agent: string;

  @ApiProperty({ enum: ['ok', 'expiring', 'expired', 'missing'] })
  verdict: string;

  @ApiProperty({ enum: [0, 1, 2], description: 'What `doorward models status --check` ends with.' })
  exitCode: number;

  @ApiPropertyOptional({ description: 'What is missing, and what to do about it.' })
  problem?: string;

  @ApiPropertyOptional({ type: String, nullable: true, description: 'For admins of the house alone.' })
  configPath?: string | null;

  @ApiPropertyOptional({ description: 'For admins of the house alone.' })
  agentDir?: string;

  @ApiProperty({ type: String, nullable: true, example: 'anthropic/claude-sonnet-4-5' })
  defaultModel: string | null;

  @ApiProperty({ type: String, nullable: true })
  resolvedDefault: string | null;

  @ApiProperty({ type: [String] })
  fallbacks: readonly string[];

  @ApiProperty({ type: String, nullable: true, description: 'Always null: images are not made here.' })
  imageModel: null;

  @ApiProperty({ type: [String] })
  imageFallbacks: readonly string[];

  @ApiProperty({ type: Object, description: 'Names that people gave to models.' })
  aliases: Readonly<Record<string, string>>;

  @ApiProperty({ type: [String], description: 'Models that the configuration names; empty: any.' })
  allowed: readonly string[];

  @ApiProperty({ type: ModelAuthView })
  auth: ModelAuthView;

  static of(view: StatusView): ModelStatusView {
    const { agent, verdict, exitCode, problem, configPath, agentDir, defaultModel, resolvedDefault, fallbacks } = view;
    const { imageModel, imageFallbacks, aliases, allowed, auth } = view;
    return {
      agent,
      verdict,
      exitCode,
      problem,
      configPath,
      agentDir,
      defaultModel,
      resolvedDefault,
      fallbacks,
      imageModel,
      imageFallbacks,
      aliases,
      allowed,
      auth: ModelAuthView.of(auth),
    };
  }
}
