import type { ModeFix, SecurityFinding } from '../config/security-check.js';
import { EXIT } from './cli-error.js';
import type { CommandFile, World } from './command.js';
import { deepLook } from './deep-look.js';
import { confirmEnding } from './ending.js';
import { securityReport, type SecurityReport, without } from './security-report.js';
import { addTargetOptions, type TargetOptions } from './target.js';
import { type Terminal, word } from './terminal.js';

interface Options extends TargetOptions {
  readonly deep?: boolean;
  readonly fix?: boolean;
  readonly yes?: boolean;
  readonly allowExec?: boolean;
  readonly json?: boolean;
}

/** Looks for what is allowed and not safe. Exit 1 when something should be changed; notes alone are 0. */
export const command: CommandFile<Options> = {
  examples: ['doorward security audit', 'doorward security audit --deep --json', 'doorward security audit --fix'],

  describe(command) {
    command
      .option('--deep', 'ask the running gateway as well: its tokens, devices and secrets')
      .option('--fix', 'narrow the modes of files that others may read or change; shows them first')
      .option('-y, --yes', 'do not ask before that')
      .option('--allow-exec', 'run the programs that keep secrets, to see whether they answer');
    addTargetOptions(command);
  },

  async run({ options, world }) {
    const { deep = false, allowExec = false } = options;
    const look = deep ? () => deepLook(options, world) : undefined;
    const found = await securityReport(world, { deep, allowExec }, look);
    const fixed = options.fix ? await fix(found.findings, options, world) : [];
    const report = without(found, fixed);
    if (options.json)
      world.terminal.json({
        ...report,
        fixed: fixed.map(({ path, from, to }) => ({ path, from: octal(from), to: octal(to) })),
      });
    else show(report, world.terminal);
    return report.ok ? EXIT.done : EXIT.failed;
  },
};

/** What can be undone by the same command the other way round, and nothing else. Answers with what was done. */
async function fix(findings: readonly SecurityFinding[], options: Options, world: World): Promise<ModeFix[]> {
  const fixes = findings.flatMap(({ fix: one }) => one ?? []);
  if (fixes.length === 0) return [];
  for (const { path, from, to } of fixes)
    world.terminal.say(`- ${octal(from)} ${word(path)}\n+ ${octal(to)} ${word(path)}`);
  await confirmEnding('Change these modes?', options, world);
  const { chmodSync } = await import('node:fs');
  for (const { path, to } of fixes) chmodSync(path, to);
  return fixes;
}

function show({ findings, unmeasured, summary }: SecurityReport, terminal: Terminal): void {
  for (const { severity, code, title, evidence, remedy } of findings) {
    const style = severity === 'critical' ? 'red' : severity === 'warn' ? 'yellow' : 'dim';
    terminal.result(`${terminal.paint(style, severity.padEnd(8))}  ${word(title)} (${code})`);
    terminal.result(`${' '.repeat(10)}${word(evidence)}\n${' '.repeat(10)}→ ${word(remedy)}`);
  }
  for (const what of unmeasured) terminal.result(`${'unknown'.padEnd(8)}  not measured: ${word(what)}`);
  const { critical, warn, info } = summary;
  const rest = unmeasured.length === 0 ? '' : `, ${unmeasured.length} not measured`;
  terminal.result(`${critical} critical, ${warn} to change, ${info} to know${rest}`);
}

const octal = (mode: number): string => mode.toString(8).padStart(4, '0');
