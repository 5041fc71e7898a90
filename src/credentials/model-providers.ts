import type { ConfigSnapshot } from '../config/settings.js';
import type { FieldError } from '../kernel/errors.js';
import { isLoopback } from '../kernel/net.js';
import { BUILT_IN_PROVIDERS, type BuiltInProvider } from './built-in-providers.js';
import { APIS, type Dialect, type ModelEntry, type ModelProviderSettings, ModelsSettings } from './models.settings.js';
import { providerId } from './profile.js';

/** A provider as it is used, whatever way it was written. */
export interface ModelProvider {
  readonly id: string;
  readonly dialect: Dialect;
  /** Without a slash at its end. May hold a credential: shown only through `publicAddress`. */
  readonly baseUrl: string;
  readonly apiKey?: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly models: readonly ModelEntry[];
  /** Asks for no credential: it runs on this machine. */
  readonly isKeyless: boolean;
  /** The family's `auth: "aws-sdk"`: profiles are passed over, and nothing else can sign. */
  readonly usesAws: boolean;
  readonly isConfigured: boolean;
}

/** Every provider that can be named, by id: what is configured, and the built-in ones beside it. */
export function modelProviders(config: ConfigSnapshot): ReadonlyMap<string, ModelProvider> {
  const { mode, providers } = config.get(ModelsSettings);
  const configured = Object.entries(providers).map(([name, settings]) => providerOf(providerId(name), settings));
  const builtIn = mode === 'replace' ? [] : Object.keys(BUILT_IN_PROVIDERS).map((id) => providerOf(id));
  return new Map([...builtIn, ...configured].map((provider) => [provider.id, provider]));
}

/** What a provider's settings must say together (contract section 7). */
export function modelProviderRules(config: ConfigSnapshot): FieldError[] {
  return Object.entries(config.get(ModelsSettings).providers).flatMap(([name, { type, api, baseUrl }]) => {
    const path = `models.providers.${name}`;
    const builtIn = BUILT_IN_PROVIDERS[providerId(name)];
    const errors: FieldError[] = [];
    if (type !== undefined && api !== undefined && APIS[api] !== type) {
      errors.push({ path: `${path}.api`, message: `says another dialect than type "${type}"; keep one of them` });
    }
    if (baseUrl === undefined && !builtIn) {
      errors.push({ path: `${path}.baseUrl`, message: 'is missing; write where the provider is: "https://…/v1"' });
    }
    if (baseUrl !== undefined && !URL.canParse(baseUrl)) {
      errors.push({ path: `${path}.baseUrl`, message: 'is no address; write "https://…/v1"' });
    }
    return errors;
  });
}

/** An address without what may be secret in it: user, password, query (S193). */
export function publicAddress(address: string): string {
  const { origin, pathname } = new URL(address);
  return `${origin}${pathname}`;
}

function providerOf(id: string, settings: Partial<ModelProviderSettings> = {}): ModelProvider {
  const builtIn: BuiltInProvider | undefined = BUILT_IN_PROVIDERS[id];
  const { type, api, apiKey, headers = {}, models = [], auth } = settings;
  const baseUrl = (settings.baseUrl ?? builtIn?.baseUrl ?? '').replace(/\/+$/, '');
  return {
    id,
    dialect: type ?? (api === undefined ? undefined : APIS[api]) ?? builtIn?.dialect ?? 'openai',
    baseUrl,
    ...(apiKey !== undefined && { apiKey }),
    headers,
    models: models.map((model) => (typeof model === 'string' ? { id: model } : model)),
    isKeyless: apiKey === undefined && (builtIn?.keyless === true || isOnThisMachine(baseUrl)),
    usesAws: auth === 'aws-sdk',
    isConfigured: Object.keys(settings).length > 0,
  };
}

/** A provider that somebody runs beside the gateway, as with document 004's Ollama, needs no key. */
function isOnThisMachine(baseUrl: string): boolean {
  if (!URL.canParse(baseUrl)) return false;
  const host = new URL(baseUrl).hostname.replace(/^\[|\]$/g, '');
  return host === 'localhost' || isLoopback(host);
}
