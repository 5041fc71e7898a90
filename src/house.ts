import 'reflect-metadata';
import type { Type } from '@nestjs/common';
import { NestFactory } from '@nestjs/core';
import type { NestFastifyApplication } from '@nestjs/platform-fastify';
import { AppModule, type House } from './app.module.js';
import type { AuthStrategy } from './auth/auth-strategy.js';
import { chainOf } from './auth/chain.js';
import { ControlUiSettings, OwnOrigins } from './auth/own-origins.js';
import { AUTH_STRATEGIES } from './auth/strategies/index.js';
import { TailnetName } from './auth/tailscale/tailnet-name.js';
import { TailscaleServe } from './auth/tailscale/serve.js';
import type { RunningGateway } from './cli/boot.js';
import { GatewaySettings } from './config/gateway.settings.js';
import type { ConfigSnapshot } from './config/settings.js';
import { WsAdapter } from './gateway/ws.adapter.js';
import { consolePath } from './http/console-address.js';
import { equip } from './http/equip.js';
import { httpServer } from './http/server.js';
import { type Listening, listen } from './listen.js';
import type { GatewayLog } from './log/log.js';
import { nestLogger } from './log/nest-logger.js';
import { setupCodeOf } from './setup-code.js';
import { once, shutDown } from './shut-down.js';
import { Database } from './storage/database.js';

/** A gateway that listens, with its inside, for tests. */
export type RunningHouse = Omit<RunningGateway, 'warnings'> & { readonly app: NestFastifyApplication };

/**
 * Puts the application together, opens the database and listens. Whatever fails, all of it is closed again; `onStop` is
 * called when closing begins. `more` are modules that a test adds.
 */
export async function openHouse(
  ground: House & { readonly log: GatewayLog },
  more: readonly Type[] | undefined,
  onStop: () => void,
): Promise<RunningHouse> {
  const { config, log } = ground;
  const snapshot = config.current;
  const app = await NestFactory.create<NestFastifyApplication>(AppModule.of(ground, more), httpServer(snapshot), {
    logger: nestLogger(log),
    abortOnError: false,
    bodyParser: false,
  });
  const adapter = new WsAdapter(app);
  let listening: Listening | undefined;
  const stop = once(async () => {
    onStop();
    await shutDown({ app, adapter, listening, graceMs: config.current.get(GatewaySettings).shutdownGraceMs, log });
  });
  try {
    app.useWebSocketAdapter(adapter);
    equip(app);
    const database = app.get(Database);
    await Promise.all([database.open(), app.init()]);
    await app.getHttpAdapter().getInstance().ready();
    await ground.secrets.settle();

    const setupCode = await setupCodeOf(app, log);
    listening = await listen(app.getHttpServer(), snapshot);
    app.get(OwnOrigins).listensOn(listening.port);
    log.info('gateway: listening', { event: 'gateway.listening', url: listening.url });
    void joinTailnet(app, listening.port);

    return {
      app,
      url: listening.url,
      chain: chainOf(app.get<readonly AuthStrategy[]>(AUTH_STRATEGIES), snapshot),
      database: database.state().description,
      console: consoleOf(snapshot, listening.url),
      setupCode,
      closed: stop.done,
      close: stop.run,
    };
  } catch (error) {
    await stop.run();
    throw error;
  }
}

/** Where people find the console, if there is one. */
function consoleOf(config: ConfigSnapshot, listensAt: string): string | undefined {
  if (!config.get(ControlUiSettings).enabled) return undefined;
  const { publicUrl = listensAt } = config.get(GatewaySettings);
  return new URL(publicUrl).origin + consolePath(config);
}

/** Publishes the gateway where that was asked for, and learns its name there. Neither waits for the other's network. */
async function joinTailnet(app: NestFastifyApplication, port: number): Promise<void> {
  await app.get(TailscaleServe).start(port);
  const name = await app.get(TailnetName).tailnetName();
  if (name !== undefined) app.get(OwnOrigins).isCalled(name);
}
