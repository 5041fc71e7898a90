import { Controller, Get, Header, Req, Res } from '@nestjs/common';
import { ApiOperation, ApiTags } from '@nestjs/swagger';
import type { FastifyReply, FastifyRequest } from 'fastify';
import { Public, PublicGreeting } from '../auth/decorators.js';
import { type FailingPart, Readiness } from '../kernel/readiness.js';

interface ReadinessView {
  ready: boolean;
  failing?: readonly FailingPart[];
  /** What does its work with what it knew before something broke. */
  degraded?: readonly FailingPart[];
  uptimeMs?: number;
}

/** Whether the process lives, and whether it can do its work. Says no more than that to strangers (S201). */
@ApiTags('operating')
@Controller()
export class HealthController {
  constructor(private readonly readiness: Readiness) {}

  @Get(['health', 'healthz'])
  @Public()
  @Header('Cache-Control', 'no-store')
  @ApiOperation({ summary: 'Whether the gateway lives', security: [] })
  health(): { ok: true; status: 'live' } {
    return { ok: true, status: 'live' };
  }

  @Get(['ready', 'readyz'])
  @PublicGreeting()
  @Header('Cache-Control', 'no-store')
  @ApiOperation({ summary: 'Whether every part that the gateway needs is in order: 200 or 503', security: [] })
  ready(@Req() request: FastifyRequest, @Res({ passthrough: true }) reply: FastifyReply): ReadinessView {
    const failing = this.readiness.failing();
    reply.status(failing.length === 0 ? 200 : 503);
    const known = request.carrier?.identity !== undefined;
    return { ready: failing.length === 0, ...(known && { failing, ...this.details() }) };
  }

  private details(): Pick<ReadinessView, 'degraded' | 'uptimeMs'> {
    const degraded = this.readiness.degraded();
    return { ...(degraded.length > 0 && { degraded }), uptimeMs: Math.round(process.uptime() * 1000) };
  }
}
