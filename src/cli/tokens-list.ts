import type { CommandFile } from './command.js';
import { GatewayClient } from './gateway-client.js';
import { allItems, type Row } from './pages.js';
import { table } from './table.js';
import { addTargetOptions, findTarget, requireCredential, type TargetOptions } from './target.js';
import { word } from './terminal.js';

interface Options extends TargetOptions {
  readonly json?: boolean;
}

/** All tokens, page by page. */
export const command: CommandFile<Options> = {
  examples: ['doorward tokens list', "doorward tokens list --json | jq -r '.[] | select(.revokedAt == null) | .id'"],

  describe: addTargetOptions,

  async run({ options, world }) {
    const client = new GatewayClient(requireCredential(await findTarget(options, world)));
    const tokens = await allItems(client, '/api/v1/tokens');
    if (options.json) return world.terminal.json(tokens);
    if (tokens.length === 0)
      return world.terminal.say('No tokens yet. Issue one with: doorward tokens create --label <what for>');

    const now = Date.now();
    const rows = tokens.map((token) => [
      word(token['id']),
      state(token, now),
      word(token['kind']),
      word(token['user']),
      word(token['label']),
      scopesOf(token),
      word(token['expiresAt']),
      word(token['lastUsedAt']) || 'never',
    ]);
    world.terminal.result(table(['ID', 'STATE', 'KIND', 'USER', 'LABEL', 'SCOPES', 'EXPIRES', 'LAST USED'], rows));
  },
};

function state({ revokedAt, expiresAt }: Row, now: number): string {
  if (revokedAt) return 'revoked';
  return expiresAt && new Date(expiresAt as string).getTime() <= now ? 'expired' : 'active';
}

/** Without the part that they have in common: `read,write`. */
function scopesOf({ scopes }: Row): string {
  return Array.isArray(scopes) ? scopes.map((scope) => word(scope).replace(/^operator\./, '')).join(',') : '';
}
