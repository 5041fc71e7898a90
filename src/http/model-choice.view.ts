import { ApiProperty, ApiPropertyOptional } from '@nestjs/swagger';
import type { ExplainedCandidate, Explanation } from '../credentials/choice-explanation.js';

class RestView {
  @ApiProperty({ enum: ['cooldown', 'disabled'] })
  kind: string;

  @ApiProperty({ example: 'rate_limit' })
  reason: string;

  @ApiProperty({ format: 'date-time' })
  until: string;
}

class CandidateView {
  @ApiProperty({ example: 'profile anthropic:work' })
  name: string;

  @ApiProperty({ enum: ['profile', 'environment', 'configuration', 'keyless'] })
  source: string;

  @ApiPropertyOptional()
  profileId?: string;

  @ApiPropertyOptional({ enum: ['api_key', 'token', 'oauth'] })
  type?: string;

  @ApiPropertyOptional({ description: 'The agent whose profile it is.' })
  owner?: string;

  @ApiPropertyOptional({ type: RestView, description: 'Why it rests.' })
  block?: RestView;

  @ApiPropertyOptional({ description: 'Why it is there and not asked.' })
  unused?: string;

  static of({ name, source, profileId, type, owner, block, unused }: ExplainedCandidate): CandidateView {
    const rests = block && { kind: block.kind, reason: block.reason, until: new Date(block.until).toISOString() };
    return { name, source, profileId, type, owner, block: rests, unused };
  }
}

class ExcludedView {
  @ApiProperty()
  profileId: string;

  @ApiProperty({ example: 'excluded_by_auth_order' })
  why: string;
}

/** Which credential an agent would be given at a provider, and why: names and reasons, never a value. */
export class ModelChoiceView {
  @ApiProperty()
  agent: string;

  @ApiProperty()
  provider: string;

  @ApiPropertyOptional()
  model?: string;

  @ApiPropertyOptional()
  pin?: string;

  @ApiProperty({ enum: ['stored order', 'auth.order', 'auth.profiles', 'stored profiles'] })
  order: string;

  @ApiProperty({ type: [CandidateView], description: 'In the order in which they are asked.' })
  candidates: CandidateView[];

  @ApiProperty({ type: [ExcludedView] })
  excluded: ExcludedView[];

  @ApiProperty({ type: String, nullable: true, description: 'The name of the one that comes next.' })
  next: string | null;

  @ApiPropertyOptional({ format: 'date-time', description: 'When the first one has rested, where none is left.' })
  restsUntil?: string;

  static of({
    candidates,
    excluded,
    next,
    restsUntil,
    agent,
    provider,
    model,
    pin,
    order,
  }: Explanation): ModelChoiceView {
    return {
      agent,
      provider,
      model,
      pin,
      order,
      candidates: candidates.map(CandidateView.of),
      excluded: excluded.map(({ profileId, why }) => ({ profileId, why })),
      next: next ?? null,
      restsUntil: restsUntil === undefined ? undefined : new Date(restsUntil).toISOString(),
    };
  }
}
