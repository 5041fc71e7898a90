import { IsIn, IsOptional } from 'class-validator';
import { type Catalogue, catalogue } from '../chat/targets/catalogue.js';
import { MAIN_KEY } from '../chat/sessions/session-key.js';
import { ConfigService } from '../config/config.service.js';
import { modelProviders } from '../credentials/model-providers.js';
import { type ModelRef, modelRefText } from '../credentials/model-ref.js';
import type { Identity } from '../kernel/identity.js';
import { Method, RpcGateway } from './rpc.js';

class ModelListParams {
  /** The family's: which models of its own tables are shown. Here there are only those of the configuration. */
  @IsOptional()
  @IsIn(['default', 'configured', 'all'])
  view?: string;
}

/** What may be named in a conversation: agents and models that are open to the caller's tenant. */
@RpcGateway()
export class CatalogueGateway {
  constructor(private readonly config: ConfigService) {}

  @Method('agents.list', { scope: 'operator.read', summary: 'The agents that you may talk to.' })
  agents(_params: unknown, caller: Identity): object {
    const open = this.open(caller);
    const agents = open.agents().map((agent) => {
      const { id, name } = agent;
      const [primary, ...fallbacks] = open.modelsOf(agent).map(modelRefText);
      const model = primary !== undefined && { model: { primary, fallbacks } };
      return { id, ...(name !== undefined && { name }), ...model };
    });
    return { defaultId: open.defaultAgent?.id, mainKey: MAIN_KEY, scope: 'per-sender', agents };
  }

  @Method('models.list', {
    scope: 'operator.read',
    params: ModelListParams,
    summary: 'The models that the configuration names; others may be asked for as provider/model.',
  })
  models(_params: ModelListParams, caller: Identity): object {
    return {
      models: this.open(caller)
        .models()
        .map((ref) => this.view(ref)),
    };
  }

  private open({ tenantId }: Identity): Catalogue {
    return catalogue(this.config.current, tenantId);
  }

  private view({ provider, model }: ModelRef): object {
    const listed = this.config.current.once(modelProviders).get(provider)?.models ?? [];
    const { name, contextWindow } = listed.find(({ id }) => id === model) ?? {};
    return { id: model, name: name ?? model, provider, ...(contextWindow !== undefined && { contextWindow }) };
  }
}
