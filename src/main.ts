import 'reflect-metadata';
import { join } from 'node:path';
import type { Type } from '@nestjs/common';
import { NestFactory } from '@nestjs/core';
import type { NestFastifyApplication } from '@nestjs/platform-fastify';
import { AppModule } from './app.module.js';
import { chainOf } from './auth/chain.js';
import { OwnOrigins } from './auth/own-origins.js';
import { AUTH_STRATEGIES } from './auth/strategies/index.js';
import { TailnetName } from './auth/tailscale/tailnet-name.js';
import { TailscaleServe } from './auth/tailscale/serve.js';
import type { AuthStrategy } from './auth/auth-strategy.js';
import type { BootOptions, RunningGateway } from './cli/boot.js';
import { ConfigService } from './config/config.service.js';
import { Environment } from './config/environment.js';
import { GatewaySettings } from './config/gateway.settings.js';
import { type LoadedConfig, loadConfig } from './config/load.js';
import { LoginShell } from './config/login-shell.js';
import { makeStateDirectory } from './config/state-directory.js';
import { Connections } from './gateway/connections.js';
import { WsAdapter } from './gateway/ws.adapter.js';
import { equip } from './http/equip.js';
import { httpServer } from './http/server.js';
import { type Clock, systemClock } from './kernel/clock.js';
import type { Log } from './kernel/log.js';
import { type Listening, listen } from './listen.js';
import { type GatewayLog, createLog } from './log/log.js';
import { nestLogger } from './log/nest-logger.js';
import { RULES, SETTINGS, startWarnings } from './settings.js';
import { Database } from './storage/database.js';

/** What tests add to the options of the command line: a clock that they move, modules of their own. */
export interface TestOptions {
  readonly clock?: Clock;
  readonly modules?: readonly Type[];
}

const SERVICE_RESTART = 1012;

/** Starts a gateway: reads and checks everything first, and writes nothing until all of it is well. */
export async function boot(
  options: BootOptions & TestOptions,
): Promise<RunningGateway & { app: NestFastifyApplication }> {
  const load = loader(options);
  const loaded = await load(1);
  const config = new ConfigService(loaded.snapshot, async (version) => (await load(version)).snapshot);
  const { stateDir } = loaded;
  makeStateDirectory(stateDir);

  const { clock = systemClock, terminal, colour } = options;
  const file = join(stateDir, 'logs', 'gateway.log');
  const log = createLog({ level: options.verbose ? 'debug' : 'info', file, terminal, colour, clock });
  const warnings = [...loaded.warnings, ...unused(loaded), ...startWarnings(loaded.snapshot)];
  for (const warning of warnings) log.warn(warning);

  const app = await NestFactory.create<NestFastifyApplication>(
    AppModule.of({ config, stateDir, clock, log }, options.modules),
    httpServer(loaded.snapshot),
    { logger: nestLogger(log), abortOnError: false },
  );
  let listening: Listening | undefined;
  const stop = once(async () => {
    stopReloading();
    await close(app, listening, config, log);
  });
  const stopReloading = reloadOnHangup(config, log);
  try {
    app.useWebSocketAdapter(new WsAdapter(app));
    equip(app);
    const database = app.get(Database);
    await Promise.all([database.open(), app.init()]);
    await app.getHttpAdapter().getInstance().ready();

    listening = await listen(app.getHttpServer(), loaded.snapshot);
    app.get(OwnOrigins).listensOn(listening.port);
    log.info('gateway: listening', { url: listening.url });
    void joinTailnet(app, listening.port);

    return {
      app,
      url: listening.url,
      chain: chainOf(app.get<readonly AuthStrategy[]>(AUTH_STRATEGIES), loaded.snapshot),
      database: database.state().description,
      warnings,
      closed: stop.done,
      close: stop.run,
    };
  } catch (error) {
    await stop.run();
    throw error;
  }
}

function loader({ environment, overrides }: BootOptions): (version: number) => Promise<LoadedConfig> {
  const loginShell = new LoginShell();
  return (version) =>
    loadConfig({ env: new Environment(environment), settings: SETTINGS, rules: RULES, overrides, version, loginShell });
}

function unused({ unusedSections: sections }: LoadedConfig): string[] {
  return sections.length === 0 ? [] : [`not used by Doorward, and left alone: ${sections.join(', ')}`];
}

/** Publishes the gateway where that was asked for, and learns its name there. Neither waits for the other's network. */
async function joinTailnet(app: NestFastifyApplication, port: number): Promise<void> {
  await app.get(TailscaleServe).start(port);
  const name = await app.get(TailnetName).tailnetName();
  if (name !== undefined) app.get(OwnOrigins).isCalled(name);
}

/** SIGHUP reads the configuration anew: all of it or nothing (contract section 2). Returns the way to stop. */
function reloadOnHangup(config: ConfigService, log: Log): () => void {
  const reload = (): void => {
    config.reload().then(
      ({ version }) => log.info('config: reloaded', { version }),
      (error: unknown) => log.error('config: reload refused, the old one stays', { error }),
    );
  };
  process.on('SIGHUP', reload);
  return () => process.off('SIGHUP', reload);
}

/** Tells WebSocket clients, lets running requests finish within the grace, then cuts what is left. */
async function close(
  app: NestFastifyApplication,
  listening: Listening | undefined,
  config: ConfigService,
  log: GatewayLog,
): Promise<void> {
  log.info('gateway: stopping');
  const drained = Promise.all([listening?.stop(), app.get(TailscaleServe).stop()]);
  app.get(Connections).closeAll(SERVICE_RESTART, 'service restart');

  const { shutdownGraceMs } = config.current.get(GatewaySettings);
  const cut = setTimeout(() => cutOff(app), shutdownGraceMs);
  await drained;
  clearTimeout(cut);
  await app.close();
  await app.get(Database).close();
  log.info('gateway: stopped');
  await log.close();
}

function cutOff(app: NestFastifyApplication): void {
  app.get(Connections).cutAll();
  app.getHttpServer().closeAllConnections();
}

/** `run` does the work at its first call only; `done` settles with it. */
function once(work: () => Promise<void>): { run: () => Promise<void>; done: Promise<void> } {
  let settle: (running: Promise<void>) => void;
  const done = new Promise<void>((resolve) => (settle = resolve));
  let running: Promise<void> | undefined;
  const run = (): Promise<void> => {
    if (!running) settle((running = work()));
    return running!;
  };
  return { run, done };
}
