import { isIP } from 'node:net';
import type { ConfigSnapshot } from '../config/settings.js';
import { Destinations } from '../kernel/destinations.js';
import type { FieldError } from '../kernel/errors.js';
import { AddressSet } from '../kernel/net.js';
import { AgentsSettings } from './agents.settings.js';
import { BUILT_IN_PROVIDERS } from './built-in-providers.js';
import { APIS, type Dialect } from './dialects.js';
import type { ModelConfig } from './model-config.js';
import { FailoverSettings, type ModelEntry, ModelsSettings } from './models.settings.js';
import { providerId } from './profile.js';
import { providersOf } from './provider-list.js';

/** A provider as it is used, whatever way it was written. */
export interface ModelProvider {
  readonly id: string;
  readonly dialect: Dialect;
  /** Whether it has OpenAI's API of responses; a chat takes its place where not. */
  readonly knowsResponses: boolean;
  /** Without a slash at its end. May hold a credential: shown only through `publicAddress` of provider-list.ts. */
  readonly baseUrl: string;
  readonly apiKey?: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly models: readonly ModelEntry[];
  /** Asks for no credential: it runs on this machine. */
  readonly isKeyless: boolean;
  /** The family's `auth: "aws-sdk"`: profiles are passed over, and nothing else can sign. */
  readonly usesAws: boolean;
  readonly isConfigured: boolean;
  /** Ids of the tenants that it is open to, beside the house; undefined: all of them. */
  readonly tenants?: readonly string[];
}

/** The parts of a snapshot that speak of models and agents, as one value. */
export function modelConfig(config: ConfigSnapshot): ModelConfig {
  const { mode, default: defaultModel, providers } = config.get(ModelsSettings);
  const { list, defaults } = config.get(AgentsSettings);
  const { enabled, providers: others } = config.get(FailoverSettings);
  return {
    mode,
    ...(defaultModel !== undefined && { defaultModel }),
    providers,
    failover: { enabled, providers: others },
    agents: list,
    defaults,
  };
}

/** Every provider that can be named, by id: what is configured, and the built-in ones beside it. */
export function modelProviders(config: ConfigSnapshot): ReadonlyMap<string, ModelProvider> {
  return providersOf(config.once(modelConfig));
}

/** Where requests to providers may go. */
export function modelDestinations(config: ConfigSnapshot): Destinations {
  return new Destinations(new AddressSet(config.get(ModelsSettings).allowPrivateNetworks));
}

/** What the settings of providers must say together (contract section 7), and where they may be (S179). */
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
    const refusal = baseUrl === undefined ? undefined : refusalOf(baseUrl, config);
    if (refusal !== undefined) errors.push({ path: `${path}.baseUrl`, message: refusal });
    return errors;
  });
}

/** Names are judged by what they resolve to, whenever a connection is opened. */
function refusalOf(baseUrl: string, config: ConfigSnapshot): string | undefined {
  if (!URL.canParse(baseUrl)) return undefined;
  const url = new URL(baseUrl);
  const host = url.hostname.replace(/^\[|\]$/g, '');
  return isIP(host) === 0 ? undefined : config.once(modelDestinations).refusal(url, host);
}
