import { mkdirSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { newStateDir, preparedStateDir } from '../helpers/embedded.js';
import { type StartOptions, startGateway, type TestGateway } from '../helpers/gateway.js';

/** Profiles by agent, as `auth-profiles.json` holds them. */
export type Stock = Readonly<Record<string, object>>;

export const apiKey = (provider: string, key: string): object => ({ type: 'api_key', provider, key });

export const keyRef = (provider: string, id: string): object => ({
  type: 'api_key',
  provider,
  keyRef: { source: 'env', provider: 'default', id },
});

/** Writes an agent's store as the family would have left it. */
export function stock(stateDir: string, agent: string, profiles: object, more: object = {}): string {
  const path = join(stateDir, 'agents', agent, 'agent', 'auth-profiles.json');
  mkdirSync(dirname(path), { recursive: true, mode: 0o700 });
  writeFileSync(path, JSON.stringify({ version: 1, profiles, ...more }), { mode: 0o600 });
  return path;
}

/** A gateway that finds these profiles when it starts. */
export async function startStocked(profiles: Stock, options: StartOptions = {}): Promise<TestGateway> {
  const stateDir = options.database === 'embedded' ? await preparedStateDir() : newStateDir();
  for (const [agent, own] of Object.entries(profiles)) stock(stateDir, agent, own);
  return startGateway({ ...options, stateDir });
}
