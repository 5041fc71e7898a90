import type { AuditStatus, SecretAudit } from '../secrets/audit/audit.js';
import type { CommandFile } from './command.js';
import { secretAudit } from './secret-audit.js';
import { type Terminal, word } from './terminal.js';

interface Options {
  readonly check?: boolean;
  readonly allowExec?: boolean;
  readonly json?: boolean;
}

/** With `--check`. What was not measured is not known to resolve: only `clean` is 0 (reference E.6). */
const EXIT_CODES: Readonly<Record<AuditStatus, number>> = { clean: 0, findings: 1, unresolved: 2, unmeasured: 2 };

/** Finds secrets that stand in files themselves, and references that lead nowhere. Needs no gateway, and writes nothing. */
export const command: CommandFile<Options> = {
  examples: ['doorward secrets audit', 'doorward secrets audit --check --allow-exec', 'doorward secrets audit --json'],

  describe(command) {
    command
      .option('--check', 'exit 1 for findings, 2 for references that do not resolve or were not measured')
      .option('--allow-exec', 'run the programs that keep secrets, to see whether they answer');
  },

  async run({ options, world }) {
    const { audit } = await secretAudit(world, { allowExec: options.allowExec ?? false });
    if (options.json) world.terminal.json(audit);
    else show(audit, world.terminal);
    return options.check ? EXIT_CODES[audit.status] : undefined;
  },
};

function show(
  { status, summary, resolution, filesScanned, findings, unmeasured }: SecretAudit,
  terminal: Terminal,
): void {
  for (const { code, file, jsonPath, message } of findings) {
    terminal.result(`${code.padEnd(15)}  ${word(file)}  ${word(jsonPath)}\n${' '.repeat(17)}${word(message)}`);
  }
  for (const { file, jsonPath, reason } of unmeasured) {
    terminal.result(`${'NOT MEASURED'.padEnd(15)}  ${word(file)}  ${word(jsonPath)}\n${' '.repeat(17)}${word(reason)}`);
  }
  const { plaintextCount, unresolvedRefCount, shadowedRefCount, legacyResidueCount } = summary;
  const counts = `${plaintextCount} in plain text, ${unresolvedRefCount} unresolved, ${shadowedRefCount} shadowed, ${legacyResidueCount} legacy`;
  const scanned = `${filesScanned.length} files, ${resolution.refsChecked} references followed, ${unmeasured.length} places not measured`;
  terminal.result(`${WORDS[status]} (${counts}; ${scanned})`);
}

// prettier-ignore
const WORDS: Readonly<Record<AuditStatus, string>> = {
  clean:      'Clean.',
  findings:   'Secrets stand where they should not.',
  unresolved: 'References lead nowhere.',
  unmeasured: 'Nothing found, but not everything was measured.',
};
