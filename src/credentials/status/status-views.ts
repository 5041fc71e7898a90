import { dirname } from 'node:path';
import { Inject, Injectable } from '@nestjs/common';
import { LOADED_CONFIG } from '../../config/config.module.js';
import type { LoadedConfig } from '../../config/load.js';
import { CLOCK, type Clock } from '../../kernel/clock.js';
import { modelConfig } from '../model-providers.js';
import { ModelStatusService } from './model-status.service.js';
import { type StatusView, statusView } from './status-view.js';

/** The status of an agent's models in the shape of reference F.9, for REST and WebSocket alike. */
@Injectable()
export class StatusViews {
  constructor(
    private readonly statuses: ModelStatusService,
    @Inject(LOADED_CONFIG) private readonly loaded: () => LoadedConfig,
    @Inject(CLOCK) private readonly clock: Clock,
  ) {}

  /** `details`: with ids, e-mail addresses and paths. Throws Refused for an unknown agent, Unavailable when the store is away. */
  async of(agent: string | undefined, { details }: { readonly details: boolean }): Promise<StatusView> {
    const status = await this.statuses.status(agent);
    const { configPath, environment, snapshot } = this.loaded();
    const appliedKeys = environment.namesFrom('shell env');
    return statusView(status, {
      now: this.clock.now(),
      details,
      configPath,
      ...(status.store.endsWith('.json') && { agentDir: dirname(status.store) }),
      allowed: Object.keys(snapshot.once(modelConfig).defaults.models ?? {}),
      shellEnv: { enabled: appliedKeys.length > 0, appliedKeys: details ? appliedKeys : [] },
    });
  }
}
