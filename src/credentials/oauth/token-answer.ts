import { Unavailable } from '../../kernel/errors.js';
import type { HttpAnswer } from '../http.js';

type Tree = Readonly<Record<string, unknown>>;

/** Those that ask for patience say nothing about the grant. */
const LATER: ReadonlySet<number> = new Set([408, 425, 429]);

/**
 * What a token endpoint said, as RFC 6749 would have it: some leave `token_type` out, some wrap the error in an object.
 * Throws Unavailable for what is neither tokens nor an OAuth error: a redirect, a fault, the page of a proxy in between.
 * None of them says that the grant is bad.
 */
export function tokenAnswer({ status, body }: HttpAnswer, host: string): { status: 200 | 400; tree: Tree } {
  if (status >= 300 && status < 400) throw new Unavailable(`${host} redirects, which is not followed`);
  const tree = treeOf(body);
  if (status >= 200 && status < 300 && tree && typeof tree['access_token'] === 'string') {
    return { status: 200, tree: completed(tree) };
  }
  const error = errorOf(tree);
  if (error === undefined || status >= 500 || LATER.has(status)) {
    throw new Unavailable(status < 300 ? `${host} answers without a token` : `${host} answers ${status}`);
  }
  return { status: 400, tree: { error } };
}

function completed({ token_type: type, refresh_token: refresh, ...rest }: Tree): Tree {
  return { ...rest, token_type: type ?? 'bearer', ...(typeof refresh === 'string' && { refresh_token: refresh }) };
}

/** `{error: "invalid_grant"}`, or OpenAI's `{error: {code: "refresh_token_reused"}}`. */
function errorOf(tree: Tree | undefined): string | undefined {
  const error = tree?.['error'];
  if (typeof error === 'string') return error;
  if (typeof error !== 'object' || error === null) return undefined;
  const { code, type } = error as Tree;
  return [code, type].find((word): word is string => typeof word === 'string' && word !== '');
}

function treeOf(body: string): Tree | undefined {
  try {
    const value: unknown = JSON.parse(body);
    return typeof value === 'object' && value !== null && !Array.isArray(value) ? (value as Tree) : undefined;
  } catch {
    return undefined; // a page of HTML: whoever answered was not the token endpoint
  }
}
