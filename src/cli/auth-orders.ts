import type { Command } from 'commander';
import { type AuthOrder, changedOrder, orderOf } from '../credentials/auth-order.js';
import { usableProfiles } from '../credentials/local/local-status.js';
import { providerId } from '../credentials/profile.js';
import { CliError, EXIT } from './cli-error.js';
import type { World } from './command.js';
import { GatewayClient } from './gateway-client.js';
import { namedAgent, openModels } from './local-models.js';
import { findTarget } from './target.js';
import { word } from './terminal.js';

export interface OrderOptions {
  readonly provider: string;
  readonly agent?: string;
  readonly json?: boolean;
}

export function addOrderOptions(command: Command): Command {
  return command
    .requiredOption('--provider <id>', 'the model provider, such as anthropic')
    .option('--agent <id>', 'another agent than the default one');
}

/** What is wanted of an order: to see it, to store `ids`, or to forget what is stored. */
export type OrderWish = { readonly ids?: readonly string[]; readonly clear?: boolean };

/**
 * The order of an agent's profiles at a provider, after the wish was granted: in the files of this machine, or by the
 * gateway where profiles are in the database. Throws CliError, and changes nothing, for ids that are not there.
 */
export async function authOrder(wish: OrderWish, options: OrderOptions, world: World): Promise<AuthOrder> {
  const local = await openModels(world);
  const { id: agent } = namedAgent(local, options.agent);
  const provider = providerId(options.provider);
  const { files } = local;
  if (!files) return askGateway(agent, provider, wish, world);
  if (wish.ids || wish.clear) {
    const usable = await usableProfiles(files, agent);
    try {
      await files.update(agent, (stored) => changedOrder(stored, usable, provider, wish.ids));
    } catch (error) {
      if (!(error instanceof Error) || error.name !== 'Refused') throw error;
      throw new CliError(error.message, { code: 'invalid_request', exitCode: EXIT.usage });
    }
  }
  return orderOf(agent, provider, await files.read(agent), local.rules.order);
}

export function showOrder(order: AuthOrder, { json }: OrderOptions, { terminal }: World): void {
  if (json) return terminal.json(order);
  const { agent, provider, order: ids, source } = order;
  if (!ids)
    return terminal.result(`Agent "${word(agent)}" has no order for ${word(provider)}: kind and last use decide.`);
  const from = source === 'store' ? 'stored for the agent' : 'from auth.order of the configuration';
  terminal.say(`Agent "${word(agent)}", ${word(provider)} (${from}):`);
  for (const id of ids) terminal.result(word(id));
}

async function askGateway(agent: string, provider: string, wish: OrderWish, world: World): Promise<AuthOrder> {
  const client = new GatewayClient(await findTarget({}, world));
  const path = `/api/v1/agents/${encodeURIComponent(agent)}/auth-order/${encodeURIComponent(provider)}`;
  if (wish.clear) await client.delete(path);
  if (wish.ids) return (await client.put(path, { order: wish.ids })) as AuthOrder;
  return (await client.get(path)) as AuthOrder;
}
