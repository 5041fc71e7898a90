import { EXIT } from './cli-error.js';
import type { CommandFile, World } from './command.js';
import type { Finding, State } from './doctor/check.js';
import { word } from './terminal.js';

interface Options {
  readonly fix?: boolean;
  readonly json?: boolean;
}

const STYLES = { ok: 'green', warn: 'yellow', fail: 'red', unmeasured: 'cyan' } as const;

/** Looks at what a gateway on this machine needs, says what is not well and what to do. Exit 1 when something has failed. */
export const command: CommandFile<Options> = {
  examples: ['doorward doctor', 'doorward doctor --fix', 'doorward doctor --json'],

  describe(command) {
    command.option('--fix', 'put right what can be put back as it was: modes of files, names of profiles');
  },

  async run({ options, world }) {
    const { terminal } = world;
    const { examine } = await import('./doctor/examine.js');
    let findings = await examine(world);
    const changes = options.fix ? await repair(findings, world) : [];
    if (changes.length > 0) findings = await examine(world);

    if (options.json) {
      const shown = findings.map(({ repair: known, ...finding }) => ({ ...finding, repairable: known !== undefined }));
      terminal.json({ ok: !findings.some(isFailure), counts: counted(findings), findings: shown, fixed: changes });
    } else show(findings, world);
    return findings.some(isFailure) ? EXIT.failed : EXIT.done;
  },
};

/** Says each change before it is made. */
async function repair(findings: readonly Finding[], { terminal }: World): Promise<string[]> {
  const changes: string[] = [];
  for (const { repair: known } of findings) {
    if (!known) continue;
    terminal.say(word(known.change));
    await known.run();
    changes.push(known.change);
  }
  return changes;
}

function show(findings: readonly Finding[], { terminal }: World): void {
  const width = Math.max(...findings.map(({ state }) => state.length));
  for (const { state, code, evidence, fix } of findings) {
    terminal.result(`${terminal.paint(STYLES[state], state.padEnd(width))}  ${code}: ${word(evidence)}`);
    if (fix !== undefined && state !== 'ok') terminal.result(`${' '.repeat(width)}  → ${word(fix)}`);
  }
  const counts = counted(findings);
  const words = (Object.keys(counts) as State[]).filter((state) => counts[state] > 0);
  terminal.result(`\n${words.map((state) => `${counts[state]} ${state}`).join(', ')}`);
}

function counted(findings: readonly Finding[]): Record<State, number> {
  const count = (state: State): number => findings.filter((finding) => finding.state === state).length;
  return { ok: count('ok'), warn: count('warn'), fail: count('fail'), unmeasured: count('unmeasured') };
}

const isFailure = ({ state }: Finding): boolean => state === 'fail';
