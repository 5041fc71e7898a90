import { dirname } from 'node:path';
import { Inject, Injectable } from '@nestjs/common';
import { LOADED_CONFIG } from '../../config/config.module.js';
import type { LoadedConfig } from '../../config/load.js';
import { CLOCK, type Clock } from '../../kernel/clock.js';
import { modelConfig } from '../model-providers.js';
import { ModelStatusService } from './model-status.service.js';
import type { StatusReader } from './sight.js';
import { type StatusView, statusView } from './status-view.js';

/** The status of an agent's models in the shape of reference F.9, for REST and WebSocket alike. */
@Injectable()
export class StatusViews {
  constructor(
    private readonly statuses: ModelStatusService,
    @Inject(LOADED_CONFIG) private readonly loaded: () => LoadedConfig,
    @Inject(CLOCK) private readonly clock: Clock,
  ) {}

  /** Throws Refused for an agent that is not there for the reader, Unavailable when the store is away. */
  async of(agent: string | undefined, { details, sightIn }: StatusReader): Promise<StatusView> {
    const status = await this.statuses.status(agent, sightIn);
    const { configPath, environment, snapshot } = this.loaded();
    const sight = sightIn?.(snapshot);
    const appliedKeys = environment.namesFrom('shell env');
    const named = Object.keys(snapshot.once(modelConfig).defaults.models ?? {});
    return statusView(status, {
      now: this.clock.now(),
      details,
      configPath,
      ...(status.store.endsWith('.json') && { agentDir: dirname(status.store) }),
      allowed: sight ? named.filter((model) => sight.find(model).length > 0) : named,
      shellEnv: { enabled: appliedKeys.length > 0, appliedKeys: details ? appliedKeys : [] },
    });
  }
}
