import { CliError } from '../cli-error.js';
import { GatewayClient } from '../gateway-client.js';
import { findTarget } from '../target.js';
import type { Check } from './check.js';

/** Whether a gateway runs here, and whether all of it is well. */
export const runningGateway: Check = async ({ world }) => {
  try {
    const client = new GatewayClient(await findTarget({}, world));
    const { status } = await client.ask('GET', '/ready');
    const { url } = client.target;
    if (status < 400) return [{ code: 'gateway_ready', state: 'ok', evidence: `${url} is ready` }];
    return [
      {
        code: 'gateway_not_ready',
        state: 'fail',
        evidence: `${url} is up, and not ready`,
        fix: 'doorward status, doorward logs',
      },
    ];
  } catch (error) {
    if (!(error instanceof CliError)) throw error;
    return [{ code: 'gateway_not_running', state: 'unmeasured', evidence: error.message, fix: error.nextStep }];
  }
};
