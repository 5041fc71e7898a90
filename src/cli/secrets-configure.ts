import type { Candidate } from '../credentials/plan/candidates.js';
import type { PlanScene } from '../credentials/plan/plan-scene.js';
import type { SecretPlan } from '../secrets/plan/plan.js';
import { isTree } from '../config/tree.js';
import { CliError, wrongUsage } from './cli-error.js';
import type { CommandFile, World } from './command.js';
import { configurePreset, configureProviders, type Providers } from './configure-providers.js';
import { configureTargets, type KnownProvider } from './configure-targets.js';
import { Conversation } from './conversation.js';
import { canAsk } from './prompt.js';
import { runPlan } from './run-plan.js';
import { showReport } from './secrets-apply.js';
import { word } from './terminal.js';

interface Options {
  readonly preset?: string;
  readonly providersOnly?: boolean;
  readonly skipProviderSetup?: boolean;
  readonly agent?: string;
  readonly planOut?: string;
  readonly apply?: boolean;
  readonly yes?: boolean;
  readonly allowExec?: boolean;
  readonly json?: boolean;
}

/** Asks a person who keeps which secret, tries it, and carries it out when that is wanted. */
export const command: CommandFile<Options> = {
  examples: [
    'doorward secrets configure',
    'doorward secrets configure --preset vault --plan-out plan.json',
    'doorward secrets configure --providers-only --apply',
  ],

  describe(command) {
    command
      .option('--preset <name>', 'add this provider: 1password, vault, openbao, sops, pass or infisical')
      .option('--providers-only', 'set up providers, and leave secrets where they are')
      .option('--skip-provider-setup', 'use the providers that there are')
      .option('--agent <id>', 'of profiles, those of this agent alone')
      .option('--plan-out <path>', 'write the plan into a file (it holds no secret)')
      .option('--apply', 'carry the plan out without asking whether to; still asks once, since it cannot be undone')
      .option('-y, --yes', 'do not ask before it is carried out')
      .option('--allow-exec', 'run the programs that keep secrets, to see whether they answer');
  },

  async run({ options, world }) {
    if (options.providersOnly && options.skipProviderSetup) {
      throw wrongUsage('--providers-only and --skip-provider-setup leave nothing to do');
    }
    if (!canAsk(world)) {
      throw wrongUsage(
        'secrets configure asks questions, and standard input is no terminal',
        'With a plan in a file: doorward secrets apply --from plan.json',
      );
    }
    const talk = new Conversation(world);
    try {
      await configure(talk, options, world);
    } finally {
      talk.end();
    }
  },
};

async function configure(talk: Conversation, options: Options, world: World): Promise<void> {
  const { terminal } = world;
  const plan = await makePlan(talk, options, world);
  if (plan.targets.length === 0 && Object.keys(plan.providerUpserts).length === 0) {
    if (options.json) return terminal.json({ plan: null, preflight: null, applied: null });
    return terminal.result('Nothing to do.');
  }
  const allowExec =
    options.allowExec === true ||
    (usesPrograms(plan) && (await talk.confirm('\nRun the programs that keep secrets, to see whether they answer?')));
  const preflight = await runPlan(() => plan, world, { dryRun: true, allowExec, keepBackups: false });
  if (!options.json) showReport(preflight, terminal);
  if (options.planOut !== undefined) await writePlan(options.planOut, plan, world);

  const isWanted = await isToApply(talk, options, preflight.changedFiles);
  const applied = isWanted ? await runPlan(() => plan, world, { dryRun: false, allowExec, keepBackups: false }) : null;
  if (options.json) return terminal.json({ plan: await asWritten(plan), preflight, applied });
  if (applied) showReport(applied, terminal);
  else
    terminal.result(
      options.planOut === undefined
        ? 'Nothing was changed.'
        : `Nothing was changed. Carry it out with: doorward secrets apply --from ${word(options.planOut)}`,
    );
}

async function makePlan(talk: Conversation, options: Options, world: World): Promise<SecretPlan> {
  const [{ planScene }, { candidates }] = await Promise.all([
    import('../credentials/plan/plan-scene.js'),
    import('../credentials/plan/candidates.js'),
  ]);
  const scene = await planScene({ variables: world.environment, parts: await world.gatewayParts() });
  const declared = providersIn(scene);
  const known = Object.keys(declared);
  const providerUpserts = await newProviders(talk, options, known, world);
  const found: readonly Candidate[] = options.providersOnly ? [] : candidates(scene, options.agent);
  if (!options.providersOnly && found.length === 0)
    world.terminal.say('No secret stands in plain text where a reference could.');
  const targets = await configureTargets(
    talk,
    found,
    await knownProviders({ ...declared, ...providerUpserts }),
    world.terminal,
  );
  const scrub = { scrubEnv: true, scrubAuthProfilesForProviderTargets: true, scrubLegacyAuthJson: true };
  return { targets, providerUpserts, providerDeletes: [], options: scrub };
}

async function newProviders(
  talk: Conversation,
  options: Options,
  known: readonly string[],
  world: World,
): Promise<Providers> {
  if (options.skipProviderSetup) return {};
  if (options.preset !== undefined) return configurePreset(options.preset, talk, known, world);
  return configureProviders(talk, known, world);
}

function providersIn({ config }: PlanScene): Providers {
  const { secrets } = config.tree;
  const providers = isTree(secrets) ? secrets['providers'] : undefined;
  return isTree(providers) ? { ...providers } : {};
}

/** Those that references may name; the environment needs no declaration. */
async function knownProviders(declared: Providers): Promise<KnownProvider[]> {
  const { PRESETS } = await import('../secrets/presets/index.js');
  const own = Object.entries(declared).flatMap(([alias, provider]): KnownProvider[] => {
    if (!isTree(provider)) return [];
    const { source, mode, args } = provider;
    if (source === 'env') return [{ alias, source, ids: 'the name of a variable' }];
    if (source === 'file')
      return [{ alias, source, ids: mode === 'singleValue' ? 'value' : 'a JSON Pointer: /openai/apiKey' }];
    if (source !== 'exec') return [];
    const preset =
      Array.isArray(args) && args[1] === 'secrets' ? PRESETS.find(({ name }) => name === args[3]) : undefined;
    return [{ alias, source, ids: preset?.ids ?? 'as the program wants it' }];
  });
  const hasDefault = own.some(({ alias }) => alias === 'default');
  return hasDefault ? own : [...own, { alias: 'default', source: 'env', ids: 'the name of a variable' }];
}

function usesPrograms({ targets, providerUpserts }: SecretPlan): boolean {
  return [...targets.map(({ ref }) => ref), ...Object.values(providerUpserts)].some(
    (one) => isTree(one) && one['source'] === 'exec',
  );
}

async function isToApply(
  talk: Conversation,
  { apply, yes, planOut }: Options,
  files: readonly string[],
): Promise<boolean> {
  if (yes) return apply === true || planOut === undefined;
  if (!apply && planOut !== undefined && !(await talk.confirm('Carry the plan out now?'))) return false;
  const which = files.length === 1 ? word(files[0]) : `${files.length} files`;
  return talk.confirm(`The secrets are taken out of ${which}, and no copy is kept: this cannot be undone. Go on?`);
}

async function writePlan(path: string, plan: SecretPlan, { terminal }: World): Promise<void> {
  const [{ writeFileAtomic }, { printPlan }, { reasonOf }] = await Promise.all([
    import('../config/state-directory.js'),
    import('../secrets/plan/plan.js'),
    import('../config/file-reason.js'),
  ]);
  try {
    await writeFileAtomic(path, printPlan(plan));
  } catch (error) {
    throw new CliError(`--plan-out ${path} cannot be written: ${reasonOf(error)}`);
  }
  terminal.say(`The plan: ${word(path)}`);
}

async function asWritten(plan: SecretPlan): Promise<unknown> {
  const { printPlan } = await import('../secrets/plan/plan.js');
  return JSON.parse(printPlan(plan)) as unknown;
}
