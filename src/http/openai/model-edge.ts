import { Injectable } from '@nestjs/common';
import type { FastifyReply, FastifyRequest } from 'fastify';
import { Stays } from '../../auth/stays.js';
import type { CallSignal } from '../../chat/call-signal.js';
import { CallTraces } from '../../chat/call-traces.js';
import type { Endpoint, ModelAnswer, ModelCall } from '../../chat/model-call.js';
import { ModelCalls } from '../../chat/model-calls.service.js';
import { readSessionKey, sessionKeyText } from '../../chat/sessions/session-key.js';
import { catalogue } from '../../chat/targets/catalogue.js';
import { modelTarget } from '../../chat/targets/model-target.js';
import { UpstreamFailure } from '../../chat/upstream-failure.js';
import { Refused } from '../../kernel/errors.js';
import { callerWords, WORD_PLACES } from './caller-words.js';
import { Conversation } from './conversation.js';
import { endpointSettings } from './endpoint.settings.js';
import { ModelBody } from './model-route.js';
import { checkedRequest } from './request-check.js';
import { RunningAnswer } from './running-answer.js';

/** A call, and whether the conversation that it names may say which model is asked. */
interface Read {
  readonly call: ModelCall;
  readonly isOpen: boolean;
}

/** Where a request to a model becomes a call: read, checked, aimed, and answered as it comes. */
@Injectable()
export class ModelEdge {
  constructor(
    private readonly calls: ModelCalls,
    private readonly conversation: Conversation,
    private readonly stays: Stays,
    private readonly traces: CallTraces,
  ) {}

  /** Answers a request whose caller is known, now or when the model does. Never throws. */
  serve(endpoint: Endpoint, request: FastifyRequest, reply: FastifyReply): void {
    const { identity, epoch } = request.carrier;
    const answer = new RunningAnswer(identity!, endpoint, request.id, reply, this.stays);
    try {
      const { call, isOpen } = read(endpoint, request, answer.signal);
      answer.begin(epoch!);
      this.ask(call, isOpen)
        .then((answered) => this.send(answer, answered, call))
        .catch((error: unknown) => this.fail(answer, error, call));
    } catch (error) {
      void reply.send(error);
    }
  }

  private ask(call: ModelCall, isOpen: boolean): Promise<ModelAnswer> {
    if (!isOpen) return this.calls.ask(call);
    return this.conversation.chosenFor(call).then((chosen) => this.calls.ask(chosen));
  }

  private send(answer: RunningAnswer, answered: ModelAnswer, { requestId }: ModelCall): void {
    this.traces.note(requestId, answered.tried);
    answer.send(answered);
  }

  private fail(answer: RunningAnswer, error: unknown, { requestId }: ModelCall): void {
    if (error instanceof UpstreamFailure) this.traces.note(requestId, error.tried);
    answer.fail(error);
  }
}

/** Throws Refused for what the caller must say otherwise. */
function read(endpoint: Endpoint, { id, carrier, body: given }: FastifyRequest, signal: CallSignal): Read {
  if (!(given instanceof ModelBody)) {
    throw new Refused('invalid_request', { message: 'the body must be a JSON object' });
  }
  const { config } = carrier.evidence;
  const caller = carrier.identity!;
  const body = checkedRequest(endpoint, given.value, endpointSettings(endpoint, config).maxImageParts);
  const { agent: named, override, session } = callerWords(carrier.evidence, caller);
  const { agent, models, isNamed } = modelTarget(
    { model: body.model as string | undefined, agent: named, override, places: WORD_PLACES },
    catalogue(config, caller.tenantId),
  );
  const call: ModelCall = {
    caller,
    requestId: id,
    endpoint,
    agent: agent.id,
    models,
    session: session === undefined ? sessionOf(body.user, agent.id) : sessionKeyText(readSessionKey(session, agent.id)),
    body,
    raw: given.raw,
    isStream: body.stream === true,
    config,
    signal,
  };
  return { call, isOpen: session !== undefined && !isNamed };
}

/** Whoever names its user has one conversation for each, as in the family (reference G.2). */
function sessionOf(user: unknown, agent: string): string | undefined {
  return typeof user === 'string' && user !== '' ? `agent:${agent}:openai-user:${user}` : undefined;
}
