import { IsOptional, IsString, MaxLength } from 'class-validator';
import { StatusViews } from '../credentials/status/status-views.js';
import type { StatusView } from '../credentials/status/status-view.js';
import { HOUSE_TENANT, type Identity } from '../kernel/identity.js';
import { covers } from '../kernel/scopes.js';
import { Method, RpcGateway } from './rpc.js';

class StatusParams {
  @IsOptional()
  @IsString()
  @MaxLength(64)
  agent?: string;
}

/** Whether the models can be asked. */
@RpcGateway()
export class ModelsGateway {
  constructor(private readonly statuses: StatusViews) {}

  @Method('models.authStatus', {
    scope: 'operator.read',
    params: StatusParams,
    summary: 'How good the model credentials of an agent are; whose they are, for admins of the house.',
  })
  authStatus({ agent }: StatusParams, { tenantId, scopes }: Identity): Promise<StatusView> {
    const details = tenantId === HOUSE_TENANT && covers(scopes, 'operator.admin');
    return this.statuses.of(agent, { details });
  }

  @Method('models.status', {
    scope: 'operator.read',
    params: StatusParams,
    summary: 'The same as models.authStatus.',
  })
  status(params: StatusParams, caller: Identity): Promise<StatusView> {
    return this.authStatus(params, caller);
  }
}
