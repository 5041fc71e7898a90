import { record } from './answers.js';
import { EXIT } from './cli-error.js';
import type { CommandFile } from './command.js';
import { GatewayClient } from './gateway-client.js';
import { addTenantOptions, tenantQuery, type TenantOptions } from './named-tenant.js';
import type { Row } from './pages.js';
import { findTarget, requireCredential } from './target.js';
import { type Terminal, word } from './terminal.js';

/** The gateway reads every row before it answers. */
const PATIENCE_MS = 1_800_000;

/** Whether the audit is as it was written. Exit 1 when it is not. */
export const command: CommandFile<TenantOptions> = {
  examples: ['doorward audit verify', 'doorward audit verify --tenant Acme', 'doorward audit verify --json | jq .head'],

  describe: addTenantOptions,

  async run({ options, world }) {
    const client = new GatewayClient(requireCredential(await findTarget(options, world)), PATIENCE_MS);
    const verdict = record(await client.get(`/api/v1/audit/verify${await tenantQuery(client, options)}`));
    if (options.json) world.terminal.json(verdict);
    else show(verdict, world.terminal);
    return verdict['ok'] === true ? EXIT.done : EXIT.failed;
  },
};

// prettier-ignore
const FAULTS: Readonly<Record<string, string>> = {
  changed:  'is not what it was',
  missing:  'is not there',
  unlinked: 'does not follow from the row before it',
  beyond:   'is after the one that was noted as the last',
};

function show({ ok, rows, tenants, faults, faultCount, head }: Row, terminal: Terminal): void {
  const found = (Array.isArray(faults) ? faults : []).map(record);
  for (const { tenantId, seq, fault } of found) {
    const what = FAULTS[word(fault)] ?? word(fault);
    terminal.result(
      `${terminal.paint('red', word(fault).padEnd(8))}  row ${word(seq)} of tenant ${word(tenantId)} ${what}`,
    );
  }
  const measured = `${word(rows)} rows, ${word(tenants)} ${tenants === 1 ? 'tenant' : 'tenants'}`;
  const verdict =
    ok === true ? 'Every row follows from the one before it' : `Places that do not fit: ${word(faultCount)}`;
  terminal.result(`${verdict} (${measured}).`);
  const last = record(head);
  if (last['seq'] !== undefined)
    terminal.say(`The last row is ${word(last['seq'])}, with the hash ${word(last['hash'])}.`);
}
