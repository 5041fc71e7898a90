import { ApiProperty, ApiPropertyOptional } from '@nestjs/swagger';
import type { Decision } from '../auth/decision-trace.js';
import { METHODS, type Identity, type Method } from '../kernel/identity.js';
import { SCOPES, type Scope } from '../kernel/scopes.js';

const texts = new WeakMap<Identity, string>();

/** Who the gateway takes the caller for. */
export class IdentityView {
  @ApiProperty({ enum: METHODS })
  method: Method;

  @ApiProperty()
  subject: string;

  @ApiPropertyOptional({ description: 'E-mail or login of a person, where one is known.' })
  user?: string;

  @ApiProperty({ format: 'uuid' })
  tenantId: string;

  @ApiPropertyOptional()
  deviceId?: string;

  @ApiProperty()
  role: string;

  @ApiProperty({ enum: SCOPES, isArray: true })
  scopes: Scope[];

  static of({ method, subject, user, tenantId, deviceId, role, scopes }: Identity): IdentityView {
    return { method, subject, user, tenantId, deviceId, role, scopes: [...scopes] };
  }

  /** The same as JSON. Identities do not change and are often shared, so the text is made once for each. */
  static textOf(identity: Identity): string {
    let text = texts.get(identity);
    if (text === undefined) texts.set(identity, (text = JSON.stringify(IdentityView.of(identity))));
    return text;
  }
}

/** What one method said. */
export class StepView {
  @ApiProperty({ enum: METHODS })
  method: Method;

  @ApiProperty({ enum: ['succeeded', 'not presented', 'not mine', 'refused', 'could not decide'] })
  verdict: string;

  @ApiPropertyOptional()
  code?: string;

  @ApiPropertyOptional()
  reason?: string;
}

class TriedView {
  @ApiProperty({ example: 'anthropic/claude-opus' })
  model: string;

  @ApiProperty({ description: 'Where the credential came from; never what it is.', example: 'ANTHROPIC_API_KEY' })
  candidate: string;

  @ApiProperty({ description: '`succeeded`, or what went wrong.', example: 'rate_limit' })
  outcome: string;
}

/** How one caller was judged, method by method. */
export class DecisionView {
  @ApiProperty()
  requestId: string;

  @ApiProperty({ format: 'date-time' })
  at: string;

  @ApiProperty({ enum: ['http', 'websocket'] })
  surface: string;

  @ApiProperty({ description: 'The address that the caller was taken to have, or "unknown".' })
  client: string;

  @ApiProperty({ description: 'The address at the other end of the socket.' })
  peer: string;

  @ApiPropertyOptional({ description: 'What the caller was told; absent after a success.' })
  code?: string;

  @ApiPropertyOptional({ type: IdentityView })
  identity?: Pick<Identity, 'method' | 'subject' | 'tenantId'>;

  @ApiProperty({ type: [StepView] })
  steps: StepView[];

  @ApiPropertyOptional({
    type: [TriedView],
    description: 'Of a call to a model: what was tried, in order. For admins of the house.',
  })
  models?: TriedView[];

  static of({ at, client, identity, steps, ...rest }: Decision, tried?: readonly TriedView[]): DecisionView {
    const { method, subject, tenantId } = identity ?? {};
    return {
      requestId: rest.requestId,
      at: new Date(at).toISOString(),
      surface: rest.surface,
      client: client ?? 'unknown',
      peer: rest.peer,
      code: rest.code,
      ...(method && { identity: { method, subject: subject!, tenantId: tenantId! } }),
      steps: steps.map(({ method: name, verdict, code, reason }) => ({ method: name, verdict, code, reason })),
      models: tried?.map(({ model, candidate, outcome }) => ({ model, candidate, outcome })),
    };
  }
}
