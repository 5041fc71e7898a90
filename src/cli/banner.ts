import type { RunningGateway } from './boot.js';
import { type Terminal, word } from './terminal.js';

/** What a person sees when the gateway listens: address, methods in order, database, console. Warnings stand above it. */
export function banner(gateway: RunningGateway, version: string, terminal: Terminal): string {
  const rows: [string, string][] = [
    ['Address', terminal.paint('bold', word(gateway.url))],
    ['Methods', gateway.chain.length === 0 ? 'none' : gateway.chain.map(word).join(' → ')],
    ['Database', word(gateway.database)],
  ];
  if (gateway.console !== undefined) rows.push(['Console', word(gateway.console)]);
  if (gateway.setupCode !== undefined) {
    rows.push(['Setup', `${terminal.paint('bold', word(gateway.setupCode))}, to sign up as the first owner`]);
  }
  const lines = [
    terminal.paint('bold', `Doorward ${version}`),
    ...rows.map(([name, value]) => `  ${name.padEnd(8)}  ${value}`),
  ];
  return `${lines.join('\n')}\n`;
}

/** The same as one log line, where the terminal shows JSON. */
export function started(
  { url, chain, database, console: page, setupCode, warnings }: RunningGateway,
  version: string,
): object {
  return {
    level: 'info',
    ts: new Date().toISOString(),
    event: 'gateway.listening',
    url,
    methods: chain,
    database,
    console: page,
    setupCode,
    warnings,
    version,
    msg: `listening on ${url}`,
  };
}
