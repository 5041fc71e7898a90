import { Failure, failureOf } from './failure.js';

export type Method = 'GET' | 'POST' | 'PATCH' | 'DELETE';

/** One call of this gateway, as JSON. Rejects with Failure. An access token goes into its header, never into the address. */
export async function request<T>(method: Method, path: string, body?: unknown, accessToken?: string): Promise<T> {
  const headers = new Headers({ accept: 'application/json' });
  if (body !== undefined) headers.set('content-type', 'application/json');
  if (accessToken !== undefined) headers.set('authorization', `Bearer ${accessToken}`);

  // What changes something arrives, and its cookie is kept, even when the person leaves the page meanwhile.
  const keepalive = method !== 'GET';
  const options: RequestInit = { method, headers, keepalive, credentials: 'same-origin', cache: 'no-store' };
  options.redirect = 'error';
  if (body !== undefined) options.body = JSON.stringify(body);
  const response = await fetch(path, options).catch(() => {
    throw new Failure('network', 'no answer');
  });
  if (!response.ok) throw await failureOf(response);
  const text = await response.text();
  return (text === '' ? undefined : JSON.parse(text)) as T;
}
