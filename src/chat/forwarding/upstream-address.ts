import type { ModelProvider } from '../../credentials/model-providers.js';

interface Base {
  readonly origin: string;
  readonly path: string;
  readonly query: string;
}

const bases = new WeakMap<ModelProvider, Base>();

/** Where a path of a provider's API is. A query of the base URL stays behind it: some keep a version there. */
export function upstreamAddress(provider: ModelProvider, path: string): { origin: string; path: string } {
  const base = bases.get(provider) ?? baseOf(provider);
  return { origin: base.origin, path: `${base.path}/${path}${base.query}` };
}

function baseOf(provider: ModelProvider): Base {
  const { origin, pathname, search } = new URL(provider.baseUrl);
  const base = { origin, path: pathname.replace(/\/+$/, ''), query: search };
  bases.set(provider, base);
  return base;
}
