import { setTimeout as sleep } from 'node:timers/promises';
import { freePort, ServerProcess } from './process.mjs';
import { alternate, load, median, medians } from './measure.mjs';
import { startBare, startGatewayWith, TOKEN } from './servers.mjs';

export const title = 'Calls to models';

const CONNECTIONS = 32;
const STREAMS = 50;
/** Callers do not all begin at the same moment: then each would wait for all others. */
const SPREAD_MS = 1000;
/** Open streams whose memory is counted. */
const HELD = 1000;
const WARM = 200;
const SETTLE_MS = 2000;

/** What goes to a provider, as a client of OpenAI sends it. `model` also says how the stand-in answers. */
function ask(model, more = {}) {
  const messages = [{ role: 'user', content: 'Say sixty words about locks and doors. '.repeat(5) }];
  const body = JSON.stringify({ model: `stand/${model}`, messages, temperature: 0.5, ...more });
  const lines = [
    'POST /v1/chat/completions HTTP/1.1',
    'Host: 127.0.0.1',
    `Authorization: Bearer ${TOKEN}`,
    'Content-Type: application/json',
    `Content-Length: ${Buffer.byteLength(body)}`,
  ];
  return `${lines.join('\r\n')}\r\n\r\n${body}`;
}

/** Added time, rates, CPU and memory, beside a proxy that only pipes and, where it is given, another gateway. */
export async function run({ rounds, seconds, generator, program, rival: file }) {
  const upstream = await startBare('bare-upstream');
  const servers = [upstream];
  const started = async (starting) => {
    const server = await starting;
    servers.push(server);
    return server;
  };
  const pipeTo = () => startBare('bare-pipe', { BENCH_UPSTREAM: String(upstream.port) });
  const doorTo = () => startGatewayWith(program, modelsOf(upstream.port));
  try {
    const [pipe, door] = [await started(pipeTo()), await started(doorTo())];
    const rival = file && (await started(startPortkey(file)));
    const whole = { kind: 'http', connections: CONNECTIONS, seconds, heads: [ask('whole')], status: 200 };
    const stream = (model) => ({ kind: 'streams', connections: STREAMS, seconds, head: ask(model, { stream: true }) });

    const seen = await alternate(rounds, {
      wholePipe: () => load(generator, pipe, whole),
      wholeDoor: () => load(generator, door, whole),
      ...(rival && {
        wholeRival: () => load(generator, rival, { ...whole, heads: [portkeyHead(ask('whole'), upstream.port)] }),
      }),
      floodPipe: () => load(generator, pipe, stream('flood')),
      floodDoor: () => load(generator, door, stream('flood')),
      pacedPipe: () =>
        load(generator, pipe, { ...stream('paced'), spreadMs: SPREAD_MS, seconds: Math.max(3, seconds), awake: false }),
      pacedDoor: () =>
        load(generator, door, { ...stream('paced'), spreadMs: SPREAD_MS, seconds: Math.max(3, seconds), awake: false }),
    });
    const of = Object.fromEntries(Object.entries(seen).map(([name, all]) => [name, medians(all)]));
    const against = (name, ours, bare, target) => ({
      name,
      unit: '/s',
      ours: ours.rate,
      bare: bare.rate,
      cpu: ours.cpu,
      bareCpu: bare.cpu,
      ...target,
    });
    const added = (share, most) => ({
      name: `added time to the first byte, ${share}, ${STREAMS} streams`,
      unit: 'ms',
      ours: Math.max(0, of.pacedDoor[share] - of.pacedPipe[share]),
      bare: of.pacedPipe[share],
      mostOurs: most,
    });
    return [
      against('JSON answers', of.wholeDoor, of.wholePipe, { atLeast: 0.8 }),
      ...(rival ? [{ ...against('  beside @portkey-ai/gateway', of.wholeDoor, of.wholeRival, { atLeast: 5 }) }] : []),
      against('streams of 50 pieces, as fast as they go', of.floodDoor, of.floodPipe, { atLeast: 0.8 }),
      { ...cpuOf('CPU of a stream, a piece every 20 ms', of.pacedDoor, of.pacedPipe), atMost: 1.25 },
      added('p50', 1),
      added('p99', 5),
      await memory(generator, { pipe: pipeTo, door: doorTo }, Math.min(rounds, 3)),
    ];
  } finally {
    await Promise.all(servers.map((server) => server.stop()));
  }
}

const cpuOf = (name, ours, bare) => ({ name, unit: 'µs', ours: ours.cpu, bare: bare.cpu });

const modelsOf = (port) => ({
  models: { providers: { stand: { type: 'openai', baseUrl: `http://127.0.0.1:${port}/v1`, apiKey: 'sk-bench' } } },
});

/** Another gateway in Node. It is not installed here: it brings 95 packages and an install script along. */
async function startPortkey(file) {
  const port = await freePort();
  return ServerProcess.start([file, '--headless', `--port=${port}`], port);
}

/** It is told with each request where the provider is. */
function portkeyHead(request, port) {
  const headers = `x-portkey-provider: openai\r\nx-portkey-custom-host: http://127.0.0.1:${port}/v1`;
  return request.replace('\r\n', `\r\n${headers}\r\n`);
}

/** What one open stream adds to the memory of a server that was started for this alone. */
async function memory(generator, starts, rounds) {
  const seen = { pipe: [], door: [] };
  for (let round = 0; round < rounds; round += 1) {
    const names = Object.keys(starts);
    for (const name of round % 2 === 0 ? names : names.toReversed()) {
      const server = await starts[name]();
      try {
        seen[name].push(await perStream(generator, server));
      } finally {
        await generator.run({ kind: 'release' });
        await server.stop();
      }
    }
  }
  return {
    name: `an open stream (of ${HELD})`,
    unit: 'KiB',
    ours: median(seen.door),
    bare: median(seen.pipe),
    atMost: 2,
  };
}

async function perStream(generator, server) {
  const job = { kind: 'holdStreams', port: server.port, parallel: 16, head: ask('held', { stream: true }) };
  await generator.run({ ...job, count: WARM });
  await generator.run({ kind: 'release' });
  await sleep(SETTLE_MS);
  const before = server.residentBytes;
  const { errors, first } = await generator.run({ ...job, count: HELD });
  if (errors > 0) throw new Error(`${errors} streams did not begin: ${first}`);
  await sleep(SETTLE_MS);
  return (server.residentBytes - before) / HELD / 1024;
}
