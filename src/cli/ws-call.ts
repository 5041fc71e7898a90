import { WebSocket } from 'ws';
import { adviceFor } from './advice.js';
import { record, refusal, secretUnavailable, unreachable } from './answers.js';
import { CliError } from './cli-error.js';
import { credentialHeaders } from './gateway-client.js';
import type { Target } from './target.js';

const TIMEOUT_MS = 15_000;

export interface MethodCall {
  readonly method: string;
  readonly params: Readonly<Record<string, unknown>>;
  readonly version: string;
}

const CONNECT_ID = 1;
const CALL_ID = 2;

/** One call in the JSON-RPC dialect on a socket of its own: connect, call, close. Answers with the result, or throws CliError. */
export async function callMethod(target: Target, call: MethodCall): Promise<unknown> {
  // The credential is shown in connect only; the proof has no place there, and travels with the upgrade.
  const { authorization: _, ...headers } = credentialHeaders(target);
  const socket = new WebSocket(target.url.replace(/^http/, 'ws'), { headers, handshakeTimeout: TIMEOUT_MS });
  const timer = setTimeout(() => socket.terminate(), TIMEOUT_MS);
  try {
    return await converse(socket, target, call);
  } finally {
    clearTimeout(timer);
    socket.close();
  }
}

function converse(socket: WebSocket, target: Target, { method, params, version }: MethodCall): Promise<unknown> {
  const { token, password } = target;
  const send = (id: number, name: string, parameters: unknown): void =>
    socket.send(JSON.stringify({ jsonrpc: '2.0', id, method: name, params: parameters }));

  return new Promise((resolve, reject) => {
    socket.once('open', () =>
      send(CONNECT_ID, 'connect', {
        role: 'control',
        client: { name: 'doorward-cli', version },
        auth: { token, password },
      }),
    );
    socket.on('message', (data: Buffer) => {
      const frame = parse(data);
      if (frame['id'] === undefined) return; // the challenge, and events
      if (frame['error'] !== undefined) return reject(rpcError(record(frame['error']), target));
      if (frame['id'] === CONNECT_ID) return send(CALL_ID, method, params);
      if (frame['id'] === CALL_ID) resolve(frame['result']);
    });
    socket.once('unexpected-response', (_request, response) => {
      response.resume();
      reject(refusal(response.statusCode ?? 0, undefined, target));
    });
    socket.once('error', (error) => reject(unreachable(target, error)));
    socket.once('close', (code, reason) =>
      reject(new CliError(`the gateway closed the connection (${code} ${reason.toString()})`)),
    );
  });
}

function parse(data: Buffer): Readonly<Record<string, unknown>> {
  try {
    return record(JSON.parse(data.toString('utf8')) as unknown);
  } catch {
    return {};
  }
}

/** Our own codes stand in the native error that travels as `data`. */
function rpcError({ message, code, data }: Readonly<Record<string, unknown>>, { unavailable }: Target): CliError {
  const details = record(record(data)['details']);
  const reason = [details['authReason'], details['reason'], record(data)['code'], code].find(
    (found) => found !== undefined,
  );
  if (unavailable !== undefined && reason === 'token_missing') return secretUnavailable(unavailable);
  const next = typeof reason === 'string' ? adviceFor(reason)?.next : undefined;
  return new CliError(`${String(message)} (${String(reason)})`, {
    code: String(reason),
    ...(next !== undefined && { nextStep: next }),
  });
}
