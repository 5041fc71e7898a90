import { type IncomingMessage, request } from 'node:http';
import { platform } from 'node:os';
import { Unavailable } from '../../kernel/errors.js';
import type { TailscaleSettings } from './tailscale.settings.js';

/** Where tailscaled listens when nobody has said otherwise. Windows has none: there the command is asked. */
const SOCKETS: Partial<Record<NodeJS.Platform, string>> = {
  darwin: '/var/run/tailscaled.socket',
  freebsd: '/var/run/tailscale/tailscaled.sock',
  linux: '/var/run/tailscale/tailscaled.sock',
  openbsd: '/var/run/tailscale/tailscaled.sock',
};

/** There is no socket that we could talk to: another way may still lead to the daemon. */
export class NoSocket extends Error {
  override readonly name = 'NoSocket';
}

const NOBODY_THERE = new Set(['ENOENT', 'ECONNREFUSED', 'EACCES', 'EPERM', 'ENOTSOCK', 'ENOTDIR']);
const MAX_BODY = 1 << 20;

/**
 * Asks the local API of tailscaled. Returns the JSON of the answer, or null where it says 404. Throws NoSocket when
 * nobody listens, Unavailable for every other answer.
 */
export async function askLocalApi(path: string, settings: TailscaleSettings, signal: AbortSignal): Promise<unknown> {
  const socketPath = settings.socket ?? SOCKETS[platform()];
  if (socketPath === undefined) throw new NoSocket('this system has no socket of tailscaled');

  const { statusCode, body } = await get(socketPath, path, signal);
  if (statusCode === 404) return null;
  if (statusCode !== 200) throw new Unavailable(`tailscaled answered ${statusCode}: ${body.slice(0, 200).trim()}`);
  return parsed(body);
}

/** The JSON of an answer of Tailscale. Throws Unavailable for whatever else it is. */
export function parsed(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch (error) {
    throw new Unavailable('Tailscale answered with something that is no JSON', { cause: error });
  }
}

interface Answer {
  readonly statusCode: number | undefined;
  readonly body: string;
}

function get(socketPath: string, path: string, signal: AbortSignal): Promise<Answer> {
  return new Promise((resolve, reject) => {
    const failed = (error: NodeJS.ErrnoException): void => {
      const unreachable = NOBODY_THERE.has(error.code ?? '');
      reject(
        unreachable ? new NoSocket(`${socketPath}: ${error.code}`) : new Unavailable(`tailscaled: ${error.message}`),
      );
    };
    // The daemon answers to this name alone: a page in a browser cannot make a request that carries it.
    const headers = { host: 'local-tailscaled.sock' };
    const asked = request({ socketPath, path, headers, signal, agent: false }, (response) => {
      void read(response).then((body) => resolve({ statusCode: response.statusCode, body }), failed);
    });
    asked.on('error', failed).end();
  });
}

async function read(response: IncomingMessage): Promise<string> {
  let body = '';
  for await (const chunk of response.setEncoding('utf8')) {
    body += String(chunk);
    if (body.length > MAX_BODY) throw new Error('the answer is too long');
  }
  return body;
}
