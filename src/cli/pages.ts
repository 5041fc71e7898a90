import { record } from './answers.js';
import type { GatewayClient } from './gateway-client.js';

export type Row = Readonly<Record<string, unknown>>;

/** Every item of a list, page by page. The path may have a query already. */
export async function allItems(client: GatewayClient, path: string): Promise<Row[]> {
  const items: Row[] = [];
  for (let cursor: unknown; ;) {
    const query = typeof cursor === 'string' ? `&cursor=${encodeURIComponent(cursor)}` : '';
    const page = record(await client.get(`${path}${path.includes('?') ? '&' : '?'}limit=100${query}`));
    if (Array.isArray(page['items'])) items.push(...page['items'].map(record));
    // A cursor that does not move would never end.
    if (typeof page['nextCursor'] !== 'string' || page['nextCursor'] === cursor) return items;
    cursor = page['nextCursor'];
  }
}
