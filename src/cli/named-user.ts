import { record } from './answers.js';
import { CliError } from './cli-error.js';
import type { GatewayClient } from './gateway-client.js';
import { isId } from './named-tenant.js';
import { allItems, type Row } from './pages.js';
import { word } from './terminal.js';

/** `and` puts one more parameter behind a query that may be there. */
export const and = (query: string, more: string): string => `${query === '' ? '?' : `${query}&`}${more}`;

/** A person by e-mail address or id. `query` is what `tenantQuery` gave. Throws CliError when there is none. */
export async function namedUser(client: GatewayClient, name: string, query: string): Promise<Row> {
  const user = await findUser(client, name, query);
  if (user) return user;
  throw new CliError(`no user has the address ${word(name)}`, { nextStep: 'See them with: doorward users list' });
}

/** As `namedUser`; undefined where nobody has that address. */
export async function findUser(client: GatewayClient, name: string, query: string): Promise<Row | undefined> {
  if (isId(name)) return record(await client.get(`/api/v1/users/${name}${query}`));
  const found = await allItems(client, `/api/v1/users${and(query, `q=${encodeURIComponent(name)}`)}`);
  return found.find(({ email }) => email === name.toLowerCase());
}

/** The path of a person, with its tenant. */
export const userPath = ({ id }: Row, query: string, rest = ''): string =>
  `/api/v1/users/${encodeURIComponent(String(id))}${rest}${query}`;
