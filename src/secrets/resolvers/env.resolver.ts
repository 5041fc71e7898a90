import type { EnvProvider } from '../provider.settings.js';
import { type Batch, type Found, SecretFailure, type SecretResolver } from '../secret-resolver.js';

/** Secrets in variables of the gateway's own environment, `.env` and the config's `env` block included. */
export const envResolver: SecretResolver<EnvProvider> = {
  source: 'env',
  isLight: true,

  resolve({ alias, settings: { allowlist }, ids, environment }: Batch<EnvProvider>): Promise<Found> {
    const find = (name: string): string | SecretFailure => {
      if (allowlist && !allowlist.includes(name)) {
        const remedy = `add "${name}" to secrets.providers.${alias}.allowlist`;
        return new SecretFailure(`${name} is not in the allow list of the provider`, remedy, { isLasting: true });
      }
      const value = environment.get(`!${name}`);
      return (
        value ?? new SecretFailure(`${name} is not set, or blank`, `set the variable ${name}`, { isLasting: true })
      );
    };
    return Promise.resolve(new Map(ids.map((id) => [id, find(id)])));
  },
};
