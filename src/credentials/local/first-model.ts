import { systemClock } from '../../kernel/clock.js';
import { namedModel } from '../agent-list.js';
import { HttpClient } from '../http.js';
import type { Login } from '../methods/login-method.js';
import type { ModelConfig } from '../model-config.js';
import type { ModelProvider } from '../model-providers.js';
import type { Profile } from '../profile.js';
import { providersOf } from '../provider-list.js';
import { providerHeaders } from '../status/probe-request.js';

const LIMITS = { patienceMs: 8000, largest: 2 << 20 };

/**
 * A model to begin with at a provider, as `provider/model`: one that the configuration names, else the first that the
 * provider lists. Undefined when nobody names one. What a program knows of models by heart is wrong within months.
 */
export async function firstModelOf({ profile }: Login, config: ModelConfig): Promise<string | undefined> {
  const provider = providersOf(config).get(profile.provider);
  if (!provider) return undefined;
  const value = valueOf(profile);
  const known = configuredModelOf(provider, config);
  if (known !== undefined || value === undefined) return known;
  const model = await listed();
  return model === undefined ? undefined : `${provider.id}/${model}`;

  async function listed(): Promise<string | undefined> {
    const http = new HttpClient(systemClock, LIMITS);
    try {
      const headers = providerHeaders(provider!, { type: profile.type, value: value! });
      const { status, body } = await http.ask(`${provider!.baseUrl}/models`, { headers });
      return status === 200 ? firstId(body) : undefined;
    } catch {
      return undefined; // the sign-in itself has succeeded
    } finally {
      await http.close();
    }
  }
}

/** The first model of a provider that the configuration names, as `provider/model`. */
export function configuredModelOf({ id, models }: ModelProvider, config: ModelConfig): string | undefined {
  const model = namedModel(config, id) ?? models[0]?.id;
  return model === undefined ? undefined : `${id}/${model}`;
}

function valueOf(profile: Profile): string | undefined {
  if (profile.type === 'api_key') return profile.key;
  return profile.type === 'token' ? profile.token : profile.access;
}

function firstId(body: string): string | undefined {
  const { data } = JSON.parse(body) as { data?: readonly { id?: unknown }[] };
  const id = data?.[0]?.id;
  return typeof id === 'string' && /^[\w./:@-]{1,200}$/.test(id) ? id : undefined;
}
