import { Injectable } from '@nestjs/common';
import type { FastifyReply, FastifyRequest } from 'fastify';
import { Stays } from '../../auth/stays.js';
import type { CallSignal } from '../../chat/call-signal.js';
import type { Endpoint, ModelCall } from '../../chat/model-call.js';
import { ModelCalls } from '../../chat/model-calls.service.js';
import { CallTraces } from '../../chat/call-traces.js';
import { UpstreamFailure } from '../../chat/upstream-failure.js';
import { catalogue } from '../../chat/targets/catalogue.js';
import { modelTarget } from '../../chat/targets/model-target.js';
import { Refused } from '../../kernel/errors.js';
import { callerWords } from './caller-words.js';
import { endpointSettings } from './endpoint.settings.js';
import { ModelBody } from './model-route.js';
import { checkedRequest } from './request-check.js';
import { RunningAnswer } from './running-answer.js';

/** Where a request to a model becomes a call: read, checked, aimed, and answered as it comes. */
@Injectable()
export class ModelEdge {
  constructor(
    private readonly calls: ModelCalls,
    private readonly stays: Stays,
    private readonly traces: CallTraces,
  ) {}

  /** Answers a request whose caller is known, now or when the model does. Never throws. */
  serve(endpoint: Endpoint, request: FastifyRequest, reply: FastifyReply): void {
    const { identity, epoch } = request.carrier;
    const answer = new RunningAnswer(identity!, endpoint, request.id, reply, this.stays);
    try {
      const call = callOf(endpoint, request, answer.signal);
      answer.begin(epoch!);
      this.calls.ask(call).then(
        (answered) => {
          this.traces.note(call.requestId, answered.tried);
          answer.send(answered);
        },
        (error: unknown) => {
          if (error instanceof UpstreamFailure) this.traces.note(call.requestId, error.tried);
          answer.fail(error);
        },
      );
    } catch (error) {
      void reply.send(error);
    }
  }
}

/** Throws Refused for what the caller must say otherwise. */
function callOf(endpoint: Endpoint, { id, carrier, body: read }: FastifyRequest, signal: CallSignal): ModelCall {
  if (!(read instanceof ModelBody)) throw new Refused('invalid_request', { message: 'the body must be a JSON object' });
  const { config } = carrier.evidence;
  const caller = carrier.identity!;
  const body = checkedRequest(endpoint, read.value, endpointSettings(endpoint, config).maxImageParts);
  const { agent: named, override, session } = callerWords(carrier.evidence);
  const { agent, models } = modelTarget(
    { model: body.model as string | undefined, agent: named, override },
    catalogue(config, caller.tenantId),
  );
  return {
    caller,
    requestId: id,
    endpoint,
    agent: agent.id,
    models,
    session: session ?? sessionOf(body.user, agent.id),
    body,
    raw: read.raw,
    isStream: body.stream === true,
    config,
    signal,
  };
}

/** Whoever names its user has one conversation for each, as in the family (reference G.2). */
function sessionOf(user: unknown, agent: string): string | undefined {
  return typeof user === 'string' && user !== '' ? `agent:${agent}:openai-user:${user}` : undefined;
}
