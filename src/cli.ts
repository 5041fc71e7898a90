#!/usr/bin/env node
import { fileURLToPath } from 'node:url';
import { run } from './cli/program.js';
import { Terminal } from './cli/terminal.js';
import { VERSION } from './kernel/version.js';

/** What is left running when a command has ended (an idle connection, a watcher) does not keep the user waiting. */
const LINGER_MS = 500;

// `doorward logs | head` closes the pipe: that is an end, not a failure.
process.stdout.on('error', (error: NodeJS.ErrnoException) => {
  if (error.code !== 'EPIPE') throw error;
  process.exit();
});

process.exitCode = await run(process.argv.slice(2), {
  terminal: new Terminal(process.stdout, process.stderr, process.env),
  stdin: process.stdin,
  environment: process.env,
  version: VERSION,
  boot: async (options) => (await import('./main.js')).boot(options),
  checkConfig: async (environment) => {
    const [{ loadConfig }, { Environment }, { GATEWAY_PARTS }, { checkingSecrets }] = await Promise.all([
      import('./config/load.js'),
      import('./config/environment.js'),
      import('./gateway-parts.js'),
      import('./secrets/checking-secrets.js'),
    ]);
    return loadConfig({ ...GATEWAY_PARTS, env: new Environment(environment), secrets: checkingSecrets() });
  },
  gatewayParts: async () => (await import('./gateway-parts.js')).GATEWAY_PARTS,
  pause: (ms) => new Promise((resolve) => setTimeout(resolve, ms)),
  program: fileURLToPath(import.meta.url),
});
setTimeout(() => process.exit(), LINGER_MS).unref();
