import { Inject, Injectable } from '@nestjs/common';
import { Unavailable } from '../kernel/errors.js';
import { METER, type Meter } from './meter.js';
import type { ModelAnswer, ModelCall } from './model-call.js';

/** Calls models for callers who may: with which credential, where, and what happens when one fails, is decided here. */
@Injectable()
export class ModelCalls {
  constructor(@Inject(METER) private readonly meter: Meter) {}

  /**
   * Asks the models of a call one after the other until one answers. Rejects with UpstreamFailure when none does, with
   * Refused for what the caller must change (or for a budget that is used up), with Unavailable for a fault of our own.
   */
  async ask(call: ModelCall): Promise<ModelAnswer> {
    await this.meter.reserve(call, { input: 0, output: 0, cachedInput: 0 });
    throw new Unavailable('models cannot be called yet');
  }
}
