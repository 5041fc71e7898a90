import { isThisMachine } from '../kernel/safe-endpoint.js';
import { BUILT_IN_PROVIDERS, type BuiltInProvider } from './built-in-providers.js';
import { APIS } from './dialects.js';
import type { ModelConfig } from './model-config.js';
import type { ModelProvider } from './model-providers.js';
import type { ModelProviderSettings } from './models.settings.js';
import { providerId } from './profile.js';

/** Every provider that can be named, by id: what is configured, and the built-in ones beside it. */
export function providersOf({ mode, providers }: ModelConfig): ReadonlyMap<string, ModelProvider> {
  const configured = Object.entries(providers).map(([name, settings]) => providerOf(providerId(name), settings));
  const builtIn = mode === 'replace' ? [] : Object.keys(BUILT_IN_PROVIDERS).map((id) => providerOf(id));
  return new Map([...builtIn, ...configured].map((provider) => [provider.id, provider]));
}

/** An address without what may be secret in it: user, password, query (S193). */
export function publicAddress(address: string): string {
  const { origin, pathname } = new URL(address);
  return `${origin}${pathname}`;
}

function providerOf(id: string, settings: Partial<ModelProviderSettings> = {}): ModelProvider {
  const builtIn: BuiltInProvider | undefined = BUILT_IN_PROVIDERS[id];
  const { type, api, apiKey, headers = {}, models = [], auth, tenants } = settings;
  const dialect = type ?? (api === undefined ? undefined : APIS[api]) ?? builtIn?.dialect ?? 'openai';
  const address = (settings.baseUrl ?? builtIn?.baseUrl ?? '').replace(/\/+$/, '');
  const baseUrl = dialect === 'anthropic' ? withVersion(address) : address;
  return {
    id,
    dialect,
    knowsResponses: dialect === 'codex' || (dialect === 'openai' && hasResponses(api, builtIn)),
    baseUrl,
    ...(apiKey !== undefined && { apiKey }),
    headers,
    models: models.map((model) => (typeof model === 'string' ? { id: model } : model)),
    isKeyless: apiKey === undefined && (builtIn?.keyless === true || isOnThisMachine(baseUrl)),
    usesAws: auth === 'aws-sdk',
    isConfigured: Object.keys(settings).length > 0,
    ...(tenants !== undefined && { tenants: tenants.map((id) => id.toLowerCase()) }),
  };
}

/** Anthropic's own programs write the address without the version, those of OpenAI with it: here both are understood. */
function withVersion(address: string): string {
  if (!URL.canParse(address)) return address;
  const url = new URL(address);
  if (/\/v\d+$/.test(url.pathname)) return address;
  url.pathname = `${url.pathname.replace(/\/+$/, '')}/v1`;
  return url.href;
}

/** What `api` says holds; of a provider that nobody knows the best is hoped for, as newer servers have it. */
function hasResponses(api: string | undefined, builtIn: BuiltInProvider | undefined): boolean {
  if (api !== undefined) return api === 'openai-responses';
  return builtIn ? builtIn.responses === true : true;
}

/** A provider that somebody runs beside the gateway, as with document 004's Ollama, needs no key. */
function isOnThisMachine(baseUrl: string): boolean {
  return URL.canParse(baseUrl) && isThisMachine(new URL(baseUrl).hostname);
}
