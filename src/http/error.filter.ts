import { type ArgumentsHost, Catch, type ExceptionFilter, HttpException, Inject } from '@nestjs/common';
import type { FastifyReply, FastifyRequest } from 'fastify';
import { OAuthError } from '../accounts/oauth/oauth-error.js';
import { UpstreamFailure } from '../chat/upstream-failure.js';
import { errorBody, errorHeaders } from '../kernel/error-body.js';
import { type ErrorCode, Refused, Unavailable } from '../kernel/errors.js';
import { LOG, type Log } from '../kernel/log.js';
import { isEndless } from './body.js';
import { oauthAnswer, oauthErrorAnswer, oauthHeaders } from './oauth-error.view.js';
import { openAiError, speaksOpenAi, upstreamError } from './openai/error.view.js';
import { RouteTable } from './route-table.js';

/** What the HTTP server says of a request that it could not read, in our words. */
const BY_STATUS: Readonly<Record<number, ErrorCode>> = {
  404: 'not_found',
  405: 'method_not_allowed',
  408: 'request_timeout',
  413: 'payload_too_large',
  415: 'unsupported_media_type',
  431: 'headers_too_large',
};

/** Every error of REST leaves through here: one shape, no stack, no SQL, no path (S198). */
@Catch()
export class ErrorFilter implements ExceptionFilter {
  constructor(
    private readonly routes: RouteTable,
    @Inject(LOG) private readonly log: Log,
  ) {}

  catch(error: unknown, host: ArgumentsHost): void {
    const http = host.switchToHttp();
    const request = http.getRequest<FastifyRequest>();
    const reply = http.getResponse<FastifyReply>();
    if (isEndless(request)) void reply.header('Connection', 'close');
    if (error instanceof OAuthError) {
      const { status, body } = oauthErrorAnswer(error, request.id);
      return void reply.status(status).headers(oauthHeaders(error, request)).send(body);
    }
    if (speaksOpenAi(request.url)) {
      const { status, headers, body } =
        error instanceof UpstreamFailure
          ? upstreamError(error, request.id)
          : openAiError(this.refusal(error, request), request.id);
      return void reply.status(status).headers(headers).send(body);
    }
    const refused = this.refusal(error, request);
    if (request.routeOptions?.config.oauth) {
      const { status, body } = oauthAnswer(refused, request.id);
      // A 401 of ours became a 400, which challenges nobody.
      return void reply
        .status(status)
        .headers(status === refused.status ? errorHeaders(refused) : {})
        .send(body);
    }
    void reply.status(refused.status).headers(errorHeaders(refused)).send(errorBody(refused, request.id));
  }

  private refusal(error: unknown, request: FastifyRequest): Refused {
    if (error instanceof Refused) return error;
    if (error instanceof Unavailable) return new Refused('unavailable', { reason: error.message });

    const status = statusOf(error);
    if (status === 404) return this.routes.miss(request.method, request.url);
    if (status >= 400 && status < 500)
      return new Refused(BY_STATUS[status] ?? 'invalid_request', { message: messageOf(error, status) });

    this.log.error('request failed', { requestId: request.id, error });
    return new Refused('internal_error');
  }
}

function statusOf(error: unknown): number {
  if (error instanceof HttpException) return error.getStatus();
  const status = (error as { statusCode?: unknown } | null)?.statusCode;
  return typeof status === 'number' ? status : 500;
}

/** Only what was wrong with a body is worth repeating; the table has a sentence for the rest. */
function messageOf(error: unknown, status: number): string | undefined {
  return status === 400 && error instanceof Error ? error.message : undefined;
}
