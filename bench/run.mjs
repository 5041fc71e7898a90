// Measures the built gateway beside bare servers and prints figures and ratios: `npm run bench -- --help`.
import { cpus, loadavg } from 'node:os';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { Generator } from './generator.mjs';
import { cleanUp, deviceState, filledState, startBare, startGateway, TOKENS } from './servers.mjs';
import { judged, printTable } from './table.mjs';

/** In this order: the first ones need the database for themselves. */
const BENCHMARKS = [
  'start',
  'rest',
  'tokens',
  'connect',
  'devices',
  'calls',
  'flood',
  'memory',
  'accounts',
  'credentials',
  'budgets',
  'models',
];

const { values: options } = parseArgs({
  options: {
    only: { type: 'string', default: BENCHMARKS.join(',') },
    rounds: { type: 'string', default: '5' },
    seconds: { type: 'string', default: '1.5' },
    program: { type: 'string', default: fileURLToPath(new URL('../dist/cli.js', import.meta.url)) },
    rival: { type: 'string' },
    json: { type: 'boolean', default: false },
    help: { type: 'boolean', default: false },
  },
});

if (options.help) {
  process.stdout.write(`npm run bench -- [--only ${BENCHMARKS.join(',')}] [--rounds 5] [--seconds 1.5] [--json]
  --only     some of the benchmarks, separated by commas
  --rounds   how often each case is measured; the median counts
  --seconds  how long each time
  --program  another build: the path of its cli.js
  --rival    @portkey-ai/gateway to measure calls to models beside: the path of its build/start-server.js
  --json     one JSON object instead of the table\n`);
  process.exit();
}

const servers = [];

/** Starts a server when it is first needed; the benchmarks share it. */
const shared = (start) => {
  let server;
  return () => (server ??= start().then((started) => (servers.push(started), started)));
};
const once = (make) => {
  let made;
  return () => (made ??= make());
};

const generator = new Generator();
const { program } = options;
const filled = once(() => filledState(program, TOKENS));
const world = {
  rounds: Number(options.rounds),
  seconds: Number(options.seconds),
  program,
  rival: options.rival,
  generator,
  filled,
  bareHttp: shared(() => startBare('bare-http')),
  bareWs: shared(() => startBare('bare-ws')),
  gateway: shared(async () => startGateway(program, await filled())),
  gatewayWithDevices: async (count) => {
    const server = await startGateway(program, await deviceState(program, count));
    servers.push(server);
    return server;
  },
};

const machine = { node: process.version, cores: cpus().length, cpu: cpus()[0]?.model, loadBefore: loadavg()[0] };
const groups = [];
try {
  for (const name of options.only.split(',')) {
    if (!BENCHMARKS.includes(name)) throw new Error(`no benchmark is called ${name}: ${BENCHMARKS.join(', ')}`);
    if (!options.json) process.stderr.write(`${name} …\n`);
    const { title, run } = await import(`./${name}.bench.mjs`);
    try {
      groups.push({ name, title, figures: (await run(world)).map(judged) });
    } catch (error) {
      groups.push({ name, title, figures: [], failed: String(error?.stack ?? error) });
    }
  }
} finally {
  generator.stop();
  await Promise.all(servers.map((server) => server.stop()));
  await cleanUp();
}

if (options.json) process.stdout.write(`${JSON.stringify({ machine, groups }, null, 2)}\n`);
else printTable(machine, groups);
