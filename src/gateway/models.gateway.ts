import { IsOptional, IsString, MaxLength } from 'class-validator';
import { statusReader } from '../chat/targets/status-reader.js';
import { StatusViews } from '../credentials/status/status-views.js';
import type { StatusView } from '../credentials/status/status-view.js';
import type { Identity } from '../kernel/identity.js';
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
  authStatus({ agent }: StatusParams, caller: Identity): Promise<StatusView> {
    return this.statuses.of(agent, statusReader(caller));
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
