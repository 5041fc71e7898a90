import { ApiProperty, ApiPropertyOptional } from '@nestjs/swagger';
import type { HistoryView, MessageView, SessionView } from '../chat/sessions/session-views.js';

class SessionModel implements SessionView {
  @ApiProperty({ format: 'uuid', description: 'Names the session wherever a key does.' })
  readonly id: string;

  @ApiProperty({ example: 'agent:main:main' })
  readonly key: string;

  @ApiProperty({ enum: ['direct'] })
  readonly kind: 'direct';

  @ApiProperty({ format: 'uuid', description: 'Another one after each reset.' })
  readonly sessionId: string;

  @ApiProperty()
  readonly agentId: string;

  @ApiPropertyOptional()
  readonly label?: string;

  @ApiProperty()
  readonly displayName: string;

  @ApiProperty({ description: 'Milliseconds since the epoch.' })
  readonly createdAt: number;

  @ApiProperty({ description: 'Milliseconds since the epoch.' })
  readonly updatedAt: number;

  @ApiPropertyOptional()
  readonly modelProvider?: string;

  @ApiPropertyOptional()
  readonly model?: string;

  @ApiPropertyOptional({ description: 'What was chosen for it, beside what its agent asks.' })
  readonly modelOverride?: string;

  @ApiPropertyOptional()
  readonly authProfileOverride?: string;

  @ApiPropertyOptional({ description: 'How much of it goes to the model, in tokens.' })
  readonly contextTokens?: number;

  @ApiProperty()
  readonly inputTokens: number;

  @ApiProperty()
  readonly outputTokens: number;

  @ApiProperty()
  readonly totalTokens: number;

  @ApiProperty({ description: 'Whether this gateway is answering in it.' })
  readonly hasActiveRun: boolean;

  @ApiPropertyOptional({
    type: 'object',
    properties: {},
    additionalProperties: true,
    description: 'Whose it is, where it is another’s: `actor.id`.',
  })
  readonly owner?: SessionView['owner'];
}

export class SessionPageView {
  @ApiProperty({ type: [SessionModel] })
  readonly items: readonly SessionView[];

  @ApiProperty({ type: String, nullable: true })
  readonly nextCursor: string | null;
}

/** What was said, a page at a time from the end. */
export class SessionHistoryView implements Omit<HistoryView, 'inFlightRun'> {
  @ApiProperty()
  readonly sessionKey: string;

  @ApiProperty({ format: 'uuid' })
  readonly sessionId: string;

  @ApiProperty({ type: 'array', items: { type: 'object' }, description: 'The oldest first.' })
  readonly messages: readonly MessageView[];

  @ApiProperty()
  readonly hasMore: boolean;

  @ApiProperty({ type: String, nullable: true, description: 'Leads to older messages.' })
  readonly nextCursor: string | null;

  @ApiProperty({ type: 'object', properties: {}, additionalProperties: true })
  readonly sessionInfo: HistoryView['sessionInfo'];
}

export class SessionResetView {
  @ApiProperty({ type: SessionModel })
  readonly session: SessionView;
}

export class SessionKilledView {
  @ApiProperty()
  readonly ok: boolean;

  @ApiProperty()
  readonly aborted: boolean;

  @ApiProperty({ type: [String] })
  readonly runIds: readonly string[];
}
