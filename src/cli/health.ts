import { record } from './answers.js';
import { EXIT } from './cli-error.js';
import type { CommandFile } from './command.js';
import { GatewayClient } from './gateway-client.js';
import { addTargetOptions, findTarget, type TargetOptions } from './target.js';
import { word } from './terminal.js';

interface Options extends TargetOptions {
  readonly json?: boolean;
}

/** Alive and ready: exit 0. Alive but not ready, or neither: exit 1. Needs no credential. */
export const command: CommandFile<Options> = {
  examples: ['doorward health', 'doorward health --url https://gateway.example.com --json'],

  describe: addTargetOptions,

  async run({ options, world }) {
    const { terminal } = world;
    const client = new GatewayClient(await findTarget(options, world));
    const [live, ready] = await Promise.all([client.ask('GET', '/health'), client.ask('GET', '/ready')]);
    const isLive = live.status === 200 && record(live.body)['ok'] === true;
    const isReady = ready.status === 200;
    if (options.json) {
      terminal.json({ url: client.target.url, live: isLive, ready: isReady, details: ready.body });
      return isLive && isReady ? EXIT.done : EXIT.failed;
    }
    const failing = record(ready.body)['failing'];
    const state = !isLive ? 'not well' : isReady ? 'alive and ready' : 'alive, but not ready';
    terminal.result(`${client.target.url} is ${terminal.paint(isLive && isReady ? 'green' : 'red', state)}`);
    if (Array.isArray(failing))
      for (const { part, reason } of failing.map(record)) terminal.result(`Failing: ${word(part)}: ${word(reason)}`);
    return isLive && isReady ? EXIT.done : EXIT.failed;
  },
};
