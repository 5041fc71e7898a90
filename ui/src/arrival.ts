import { Store } from './store.js';

/**
 * What a link brings along behind `#`: a code of a mail, an invitation, what a provider of sign-ins reported. It is taken
 * out of the address at once, so that neither the history nor a screenshot keeps it, and lives in memory alone.
 */
export interface Arrival {
  /** Of a mail: verify-email, reset-password. */
  readonly code?: string;
  /** Lets somebody sign up. */
  readonly invitation?: string;
  /** What a waiting command line shows. */
  readonly userCode?: string;
  /** Why a sign-in elsewhere failed: one of our error codes. */
  readonly error?: string;
  /** Lets a device in; not for the console. */
  readonly setup?: string;
}

const NAMES: Readonly<Record<string, keyof Arrival>> = {
  code: 'code',
  token: 'code',
  invitation: 'invitation',
  user_code: 'userCode',
  error: 'error',
  setup: 'setup',
};

/** Codes of all kinds; anybody can make a link, and what it says may be shown. */
const CODE = /^[\w.~-]{1,512}$/;

/** `#invitation=abc` → `{ invitation: 'abc' }`. What is not known is dropped, and so is what is no code. */
export function parseArrival(hash: string): Arrival {
  const found = [...new URLSearchParams(hash.replace(/^#/, ''))].flatMap(([name, value]) => {
    const known = Object.hasOwn(NAMES, name) ? NAMES[name] : undefined;
    return known !== undefined && CODE.test(value) ? [[known, value] as const] : [];
  });
  return Object.fromEntries(found);
}

/** What the last link brought along. */
export const arrival = new Store<Arrival>({});

/** Takes in what stands in the address bar and removes it there. */
export function arrive(): void {
  if (location.hash === '' && location.search === '') return;
  // A waiting command line may have put its short code behind `?`, as RFC 8628 does; nothing else is read there.
  const asked = new URLSearchParams(location.search).get('user_code');
  arrival.value = { ...(asked !== null && { userCode: asked }), ...parseArrival(location.hash) };
  history.replaceState(null, '', location.pathname);
}

/** Forgets it, once it was used. */
export function usedArrival(): void {
  arrival.value = {};
}
