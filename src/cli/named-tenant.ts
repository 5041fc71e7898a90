import type { Command } from 'commander';
import { CliError, wrongUsage } from './cli-error.js';
import type { GatewayClient } from './gateway-client.js';
import { allItems, type Row } from './pages.js';
import { addTargetOptions, type TargetOptions } from './target.js';
import { word } from './terminal.js';

/** Options of a command that works in one tenant. */
export interface TenantOptions extends TargetOptions {
  readonly tenant?: string;
  readonly json?: boolean;
}

export function addTenantOptions(command: Command): void {
  command.option('--tenant <name>', "another tenant than the credential's, by name or id: for the house");
  addTargetOptions(command);
}

const ID = /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/i;

export const isId = (text: string): boolean => ID.test(text);

/** The id of a tenant that was named by id or by name. Only the house knows others by name. */
export async function tenantId(client: GatewayClient, name: string): Promise<string> {
  if (isId(name)) return name;
  const found = await allItems(client, `/api/v1/tenants?q=${encodeURIComponent(name)}`);
  const [tenant, ...others] = found.filter((one) => one['name'] === name);
  if (!tenant)
    throw new CliError(`no tenant is called ${word(name)}`, { nextStep: 'See them with: doorward tenants list' });
  if (others.length > 0)
    throw wrongUsage(`several tenants are called ${word(name)}`, `Name one by its id: ${ids([tenant, ...others])}`);
  return String(tenant['id']);
}

/** What follows a path to say in which tenant: `?tenant=<id>`, or nothing. */
export async function tenantQuery(client: GatewayClient, { tenant }: TenantOptions): Promise<string> {
  return tenant === undefined ? '' : `?tenant=${encodeURIComponent(await tenantId(client, tenant))}`;
}

const ids = (rows: readonly Row[]): string => rows.map(({ id }) => word(id)).join(', ');
