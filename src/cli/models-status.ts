import { localStatus } from '../credentials/local/local-status.js';
import type { LocalCredentials } from '../credentials/local/open-local.js';
import type { ProbeResult } from '../credentials/status/probe.js';
import { type StatusView, statusView } from '../credentials/status/status-view.js';
import { dirname } from 'node:path';
import { wrongUsage } from './cli-error.js';
import type { CommandFile, World } from './command.js';
import { GatewayClient } from './gateway-client.js';
import { namedAgent, openModels, takeOverLogins } from './local-models.js';
import { addProbeOptions, type ProbeFlags } from './probe-options.js';
import { plainLines, probeTable, statusLines } from './status-lines.js';
import { findTarget } from './target.js';

interface Options extends ProbeFlags {
  readonly agent?: string;
  readonly check?: boolean;
  readonly plain?: boolean;
  readonly probe?: boolean;
  readonly json?: boolean;
}

/**
 * Which model credentials are there and how good they are, without a gateway. With `--check` the exit code says it: 0
 * fine, 1 expired or missing, 2 expiring within 24 hours (contract section 9).
 */
export const command: CommandFile<Options> = {
  examples: [
    'doorward models status',
    'doorward models status --check',
    'doorward models status --probe --probe-provider anthropic',
  ],

  describe(command) {
    command
      .option('--agent <id>', 'another agent than the default one')
      .option('--check', 'exit 1 when something is expired or missing, 2 when it ends within 24 hours')
      .option('--plain', 'one line for each credential, its parts divided by tabs')
      .option('--probe', 'ask each provider for a few tokens with each profile');
    addProbeOptions(command);
  },

  async run({ options, world }) {
    if (options.plain && options.probe) throw wrongUsage('--plain and --probe do not go together');
    const local = await openModels(world);
    const { id } = namedAgent(local, options.agent);
    const { view, probes } = local.files ? await here(local, id, options, world) : await there(id, options, world);
    show(view, probes, options, world);
    if (!options.check) return 0;
    return probes?.some(({ status }) => status === 'auth') ? 1 : view.exitCode;
  },
};

interface Shown {
  readonly view: StatusView;
  readonly probes?: readonly ProbeResult[];
}

async function here(local: LocalCredentials, agent: string, options: Options, world: World): Promise<Shown> {
  await takeOverLogins(local, agent, world);
  const now = Date.now();
  const status = await localStatus(local, agent, now);
  const { configPath, environment } = local.settings;
  const appliedKeys = environment.namesFrom('shell env');
  const view = statusView(status, {
    now,
    details: true,
    configPath,
    agentDir: dirname(status.store),
    allowed: Object.keys(local.config.defaults.models ?? {}),
    shellEnv: { enabled: appliedKeys.length > 0, appliedKeys },
  });
  for (const { path, why } of local.unresolved) world.terminal.warn(`${path} leads to no secret: ${why}`);
  if (!options.probe) return { view };
  const { probeHere } = await import('./probe-here.js');
  return { view, probes: await probeHere(local, agent, options) };
}

/** What is in a database, its gateway knows. */
async function there(agent: string, options: Options, world: World): Promise<Shown> {
  if (options.probe) throw wrongUsage('--probe needs the profiles on this machine, and they are in the database');
  const client = new GatewayClient(await findTarget({}, world));
  return { view: (await client.get(`/api/v1/models/status?agent=${encodeURIComponent(agent)}`)) as StatusView };
}

function show(view: StatusView, probes: Shown['probes'], options: Options, { terminal }: World): void {
  if (options.json) return terminal.json({ ...view, ...(probes && { auth: { ...view.auth, probes } }) });
  if (options.plain) return plainLines(view).forEach((line) => terminal.result(line));
  for (const line of statusLines(view, Date.now(), terminal)) terminal.result(line);
  if (probes) terminal.result(`\n${probeTable(probes)}`);
}
