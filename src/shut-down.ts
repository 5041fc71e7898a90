import type { NestFastifyApplication } from '@nestjs/platform-fastify';
import { AuditService } from './audit/audit.service.js';
import { Stays } from './auth/stays.js';
import { TailscaleServe } from './auth/tailscale/serve.js';
import type { WsAdapter } from './gateway/ws.adapter.js';
import type { Listening } from './listen.js';
import type { GatewayLog } from './log/log.js';
import { Database } from './storage/database.js';

interface Open {
  readonly app: NestFastifyApplication;
  readonly adapter: WsAdapter;
  /** Undefined when it never came to listening. */
  readonly listening: Listening | undefined;
  /** How long running requests may still take, in milliseconds. */
  readonly graceMs: number;
  readonly log: GatewayLog;
}

/** So long before the end of the grace answers of models are told that they end, for their readers to hear it. */
const LAST_WORD_MS = 200;

/**
 * Accepts nothing more, tells WebSocket clients, lets requests finish within the grace; then answers of models end with
 * a word about it, and what is left is cut.
 */
export async function shutDown({ app, adapter, listening, graceMs, log }: Open): Promise<void> {
  log.info('gateway: stopping');
  const drained = Promise.all([listening?.stop(), adapter.close(adapter.create()), app.get(TailscaleServe).stop()]);
  const lastWord = setTimeout(() => app.get(Stays, { strict: false }).stop(), Math.max(0, graceMs - LAST_WORD_MS));
  const cut = setTimeout(() => {
    adapter.terminate();
    app.getHttpServer().closeAllConnections();
  }, graceMs);
  await drained;
  clearTimeout(lastWord);
  clearTimeout(cut);

  await app.close();
  await app.get(AuditService, { strict: false }).flush();
  await app.get(Database).close();
  log.info('gateway: stopped');
  await log.close();
}

/** `run` does the work at its first call only; `done` settles with it. */
export function once(work: () => Promise<void>): { run: () => Promise<void>; done: Promise<void> } {
  let settle: (running: Promise<void>) => void;
  const done = new Promise<void>((resolve) => (settle = resolve));
  let running: Promise<void> | undefined;
  const run = (): Promise<void> => {
    if (!running) settle((running = work()));
    return running!;
  };
  return { run, done };
}
