import { execFile, spawnSync } from 'node:child_process';
import { promisify } from 'node:util';
import OpenAI from 'openai';
import { HOUSE_TOKEN, type TestGateway } from '../helpers/gateway.js';
import type { StandIn } from '../helpers/stand-in.js';

/** What a provider would be robbed of: it must be seen at the provider alone. */
export const PROVIDER_KEY = 'sk-canary-8f2b7d40c1a94c6b';

/** A configuration whose agents ask a stand-in: `main` its `gpt-test`, `fallen` a closed port first. */
export function modelConfig(standIn: StandIn, more: Readonly<Record<string, unknown>> = {}): Record<string, unknown> {
  return {
    gateway: { auth: { token: HOUSE_TOKEN, loopback: 'deny' } },
    models: {
      providers: {
        stand: { type: 'openai', baseUrl: standIn.baseUrl, apiKey: PROVIDER_KEY, models: ['gpt-test', 'vectors'] },
      },
    },
    agents: { list: [{ id: 'main', default: true, model: 'stand/gpt-test' }] },
    ...more,
  };
}

/** The real SDK of OpenAI, as anybody points it at a gateway. */
export function sdk(gateway: TestGateway, apiKey = HOUSE_TOKEN, options: { maxRetries?: number } = {}): OpenAI {
  return new OpenAI({ baseURL: `${gateway.url}/v1`, apiKey, maxRetries: 0, ...options });
}

export const HELLO = [{ role: 'user', content: 'Hello' }] as const;

const run = promisify(execFile);

export const hasCurl = spawnSync('curl', ['--version']).status === 0;

/** What curl gets for a JSON body. */
export async function curl(
  { url }: TestGateway,
  path: string,
  body: object,
  headers: Readonly<Record<string, string>>,
): Promise<{ status: number; body: string }> {
  const lines = Object.entries({ 'content-type': 'application/json', ...headers }).flatMap(([name, value]) => [
    '-H',
    `${name}: ${value}`,
  ]);
  const { stdout } = await run('curl', [
    '-sN',
    `${url}${path}`,
    ...lines,
    '-d',
    JSON.stringify(body),
    '-w',
    '\n%{http_code}',
  ]);
  const end = stdout.lastIndexOf('\n');
  return { status: Number(stdout.slice(end + 1)), body: stdout.slice(0, end) };
}
