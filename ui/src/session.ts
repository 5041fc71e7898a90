import { Failure } from './failure.js';
import { type Method, request } from './request.js';
import { Store } from './store.js';

/** Who is signed in, and in which organisation. */
export interface Person {
  readonly user: {
    readonly id: string;
    readonly email: string;
    readonly displayName?: string | null;
    readonly emailVerified?: boolean;
    readonly role: 'owner' | 'admin' | 'member' | 'viewer';
  };
  readonly tenant: { readonly id: string; readonly name: string };
}

/** Answer of the routes that sign somebody in; the refresh token is in a cookie that scripts cannot read. */
export interface SignedIn {
  readonly tokens: { readonly accessToken: string };
}

export type Presence =
  | { readonly state: 'unknown' }
  | { readonly state: 'out'; readonly why?: Failure }
  | { readonly state: 'in'; readonly person: Person };

export const presence = new Store<Presence>({ state: 'unknown' });

/** In memory and nowhere else: it ends with this page. */
let accessToken: string | undefined;
let renewing: Promise<void> | undefined;

/** Other tabs of this browser have the same sign-in. */
const tabs = new BroadcastChannel('doorward');
tabs.addEventListener('message', ({ data }) => {
  if (data === 'out' && presence.value.state === 'in') forget();
  if (data === 'in' && presence.value.state === 'out') void resume();
});

/** Finds out whether this browser is signed in already. */
export async function resume(): Promise<void> {
  try {
    await renew();
    await meet();
  } catch (error) {
    const missing = error instanceof Failure && error.code === 'token_missing';
    forget(missing ? undefined : error);
  }
}

/** Takes in what a sign-in gave, and says who that is. */
export async function enter({ tokens }: SignedIn): Promise<void> {
  accessToken = tokens.accessToken;
  await meet();
  tabs.postMessage('in');
}

/** Ends the sign-in of this browser. */
export async function leave(): Promise<void> {
  await asPerson('POST', '/auth/logout').catch(notSignedIn);
  forget();
  tabs.postMessage('out');
}

/** This browser is signed in no more; `why` is shown to the person. */
export function forget(why?: unknown): void {
  accessToken = undefined;
  presence.value = why instanceof Failure ? { state: 'out', why } : { state: 'out' };
}

/** A call as the person who is signed in. A token that ran out is renewed, once; a sign-in that is over ends here too. */
export async function asPerson<T>(method: Method, path: string, body?: unknown): Promise<T> {
  if (accessToken === undefined) await renewOrForget();
  try {
    return await request<T>(method, path, body, accessToken);
  } catch (error) {
    if (!(error instanceof Failure) || error.status !== 401) throw error;
    if (error.code !== 'token_expired') {
      if (ENDED.has(error.code)) forget(error);
      throw error;
    }
    await renewOrForget();
    return request<T>(method, path, body, accessToken);
  }
}

/** What ends a sign-in for good; other refusals may pass. */
const ENDED = new Set(['token_revoked', 'token_mismatch', 'token_missing', 'token_expired', 'user_suspended']);

async function renewOrForget(): Promise<void> {
  try {
    await renew();
  } catch (error) {
    if (error instanceof Failure && ENDED.has(error.code)) forget(error);
    throw error;
  }
}

/**
 * A refresh token is good once, and one that is shown twice ends the sign-in: so one call at a time, in this tab by a
 * promise and among the tabs of this browser by a lock.
 */
function renew(): Promise<void> {
  renewing ??= oneTabAtATime(async () => {
    accessToken = (await nextPair()).tokens.accessToken;
  }).finally(() => {
    renewing = undefined;
  });
  return renewing;
}

/**
 * The page before this one may have been left while it renewed: then the cookie is used already, and the next one on its
 * way into the browser.
 */
async function nextPair(triesLeft = 10): Promise<SignedIn> {
  try {
    return await request<SignedIn>('POST', '/auth/refresh', {});
  } catch (error) {
    if (!(error instanceof Failure) || error.code !== 'conflict' || triesLeft === 0) throw error;
    await new Promise((resolve) => setTimeout(resolve, 300));
    return nextPair(triesLeft - 1);
  }
}

/** Browsers have locks where they keep secure cookies too: over HTTPS, and on the machine itself. */
function oneTabAtATime(work: () => Promise<void>): Promise<void> {
  return 'locks' in navigator ? navigator.locks.request('doorward-refresh', work) : work();
}

async function meet(): Promise<void> {
  presence.value = { state: 'in', person: await asPerson<Person>('GET', '/auth/me') };
}

function notSignedIn(error: unknown): void {
  if (!(error instanceof Failure) || error.status !== 401) throw error;
}
