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
import { Environment } from './config/environment.js';
import { GatewaySettings } from './config/gateway.settings.js';
import type { LoadedConfig } from './config/load.js';
import { type OpenedConfig, openConfig } from './config/open-config.js';
import { makeStateDirectory } from './config/state-directory.js';
import { WsAdapter } from './gateway/ws.adapter.js';
import { equip } from './http/equip.js';
import { httpServer } from './http/server.js';
import { type Clock, systemClock } from './kernel/clock.js';
import type { Log } from './kernel/log.js';
import { type Listening, listen } from './listen.js';
import { createLog } from './log/log.js';
import { nestLogger } from './log/nest-logger.js';
import { once, shutDown } from './shut-down.js';
import { RULES, SETTINGS, startWarnings } from './settings.js';
import { Database } from './storage/database.js';
import { warmTicks } from './warm-ticks.js';

/** What tests add to the options of the command line: a clock that they move, modules of their own. */
export interface TestOptions {
  readonly clock?: Clock;
  readonly modules?: readonly Type[];
}

/** Starts a gateway: reads and checks everything first, and writes nothing until all of it is well. */
export async function boot(
  options: BootOptions & TestOptions,
): Promise<RunningGateway & { app: NestFastifyApplication }> {
  const { clock = systemClock, terminal, colour, overrides, environment } = options;
  await warmTicks();
  const opened = await openConfig({
    settings: SETTINGS,
    rules: RULES,
    overrides,
    readEnvironment: () => new Environment(environment),
  });
  const config = opened.service;
  const { stateDir, snapshot } = opened.loaded();
  makeStateDirectory(stateDir);

  const file = join(stateDir, 'logs', 'gateway.log');
  const log = createLog({ level: options.verbose ? 'debug' : 'info', file, terminal, colour, clock });
  const warnings = warningsOf(opened.loaded());
  for (const warning of warnings) log.warn(warning);

  const app = await NestFactory.create<NestFastifyApplication>(
    AppModule.of({ config, stateDir, clock, log }, options.modules),
    httpServer(snapshot),
    { logger: nestLogger(log), abortOnError: false, bodyParser: false },
  );
  const adapter = new WsAdapter(app);
  let listening: Listening | undefined;
  const stop = once(async () => {
    stopReloading();
    await shutDown({ app, adapter, listening, graceMs: config.current.get(GatewaySettings).shutdownGraceMs, log });
  });
  const stopReloading = reloadOnHangup(opened, log);
  try {
    app.useWebSocketAdapter(adapter);
    equip(app);
    const database = app.get(Database);
    await Promise.all([database.open(), app.init()]);
    await app.getHttpAdapter().getInstance().ready();

    listening = await listen(app.getHttpServer(), snapshot);
    app.get(OwnOrigins).listensOn(listening.port);
    log.info('gateway: listening', { event: 'gateway.listening', url: listening.url });
    void joinTailnet(app, listening.port);

    return {
      app,
      url: listening.url,
      chain: chainOf(app.get<readonly AuthStrategy[]>(AUTH_STRATEGIES), snapshot),
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

/** Sentences that somebody should read, at the start and at every reload. */
function warningsOf({ warnings, unusedSections, snapshot }: LoadedConfig): string[] {
  const unused =
    unusedSections.length > 0 ? [`not used by Doorward, and left alone: ${unusedSections.join(', ')}`] : [];
  return [...warnings, ...unused, ...startWarnings(snapshot)];
}

/** Publishes the gateway where that was asked for, and learns its name there. Neither waits for the other's network. */
async function joinTailnet(app: NestFastifyApplication, port: number): Promise<void> {
  await app.get(TailscaleServe).start(port);
  const name = await app.get(TailnetName).tailnetName();
  if (name !== undefined) app.get(OwnOrigins).isCalled(name);
}

/** SIGHUP reads the configuration anew: all of it or nothing (contract section 2). Returns the way to stop. */
function reloadOnHangup({ service, loaded }: OpenedConfig, log: Log): () => void {
  const reload = async (): Promise<void> => {
    try {
      const { version } = await service.reload();
      log.info('config: reloaded', { version });
      for (const warning of warningsOf(loaded())) log.warn(warning);
    } catch (error) {
      log.error('config: reload refused, the old one stays', { error });
    }
  };
  const onHangup = (): void => void reload();
  process.on('SIGHUP', onHangup);
  return () => process.off('SIGHUP', onHangup);
}
