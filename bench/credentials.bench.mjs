import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { alternate, median } from './measure.mjs';

export const title = 'Model credentials';

const PROFILES = 1000;
const CHOICES = 2000;
const COMMANDS = 5;

/** Choosing one of a thousand profiles in the file of an agent; and `models status --check` as a whole process. */
export async function run({ rounds, program }) {
  const stateDir = mkdtempSync(join(tmpdir(), 'doorward-bench-'));
  try {
    fill(stateDir);
    return [...(await choosing(rounds, program, stateDir)), await checking(rounds, program, stateDir)];
  } finally {
    rmSync(stateDir, { recursive: true, force: true });
  }
}

function fill(stateDir) {
  const folder = join(stateDir, 'agents', 'main', 'agent');
  mkdirSync(folder, { recursive: true, mode: 0o700 });
  const profile = (index) => ({ type: 'api_key', provider: 'openai', key: `sk-bench-${index}` });
  const profiles = Object.fromEntries(Array.from({ length: PROFILES }, (_, i) => [`openai:${i}`, profile(i)]));
  // Every other one rests.
  const usage = (index) => ({ lastUsed: index, ...(index % 2 === 0 && { cooldownUntil: Date.now() + 3_600_000 }) });
  const usageStats = Object.fromEntries(Array.from({ length: PROFILES }, (_, i) => [`openai:${i}`, usage(i)]));
  writeFileSync(join(folder, 'auth-profiles.json'), JSON.stringify({ version: 1, profiles, usageStats }), {
    mode: 0o600,
  });
}

async function choosing(rounds, program, stateDir) {
  const load = (path) => import(pathToFileURL(join(dirname(program), path)).href);
  const [{ CredentialsService }, { FileProfileStore }, { UsageBook }, { loadConfig }, { Environment }, { SETTINGS }] =
    await Promise.all(
      [
        'credentials/credentials.service.js',
        'credentials/stores/file.profile-store.js',
        'credentials/usage-book.js',
        'config/load.js',
        'config/environment.js',
        'settings.js',
      ].map(load),
    );
  const env = new Environment({ DOORWARD_STATE_DIR: stateDir, HOME: stateDir });
  const { snapshot } = await loadConfig({ env, settings: SETTINGS });
  const clock = { now: () => Date.now(), after: () => () => {} };
  const store = new FileProfileStore(stateDir);
  const sources = { variables: () => ({}), secretOf: () => undefined, fresh: () => Promise.reject(new Error('none')) };
  const service = new CredentialsService(store, new UsageBook(store, clock), sources, clock);
  const need = { agent: 'main', provider: 'openai', model: 'gpt-5' };

  const attempt = () => service.attempt(need, snapshot);
  const seen = await alternate(rounds, {
    choose: async () => micros(() => attempt().next().value.length > 0),
    use: async () =>
      micros(() => {
        const one = attempt();
        const { value } = one.next();
        one.succeeded();
        return value.length > 0;
      }),
    read: async () => micros(() => store.read('main').version === 1),
  });
  const bare = { unit: 'µs', beside: 'a look at the file', bare: median(seen.read) };
  return [
    { name: `choosing among ${PROFILES} profiles`, ours: median(seen.choose), ...bare, mostOurs: 20 },
    { name: 'choosing, using, taking turns', ours: median(seen.use), ...bare },
  ];
}

/** What one call costs, in microseconds. */
function micros(work) {
  const startedAt = performance.now();
  for (let i = 0; i < CHOICES; i += 1) if (!work()) throw new Error('there was nothing to choose');
  return ((performance.now() - startedAt) / CHOICES) * 1000;
}

async function checking(rounds, program, stateDir) {
  const [ours, bare] = [[], []];
  for (let round = 0; round < Math.min(rounds, COMMANDS); round += 1) {
    bare.push(await command(['-e', '0'], stateDir));
    ours.push(await command([program, 'models', 'status', '--check'], stateDir));
  }
  const seconds = { name: '`models status --check` (beside `node -e 0`)', unit: 's', beside: 'node' };
  return { ...seconds, ours: median(ours) / 1000, bare: median(bare) / 1000, mostOurs: 0.5 };
}

async function command(args, stateDir) {
  const startedAt = performance.now();
  const env = { PATH: process.env.PATH, HOME: stateDir, DOORWARD_STATE_DIR: stateDir };
  const [code] = await once(spawn(process.execPath, args, { stdio: 'ignore', env }), 'exit');
  if (code !== 0) throw new Error(`${args.join(' ')} ended with ${code}`);
  return performance.now() - startedAt;
}
