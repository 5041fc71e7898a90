import type { PlacedSecret, SecretSource } from '../config/secret-source.js';
import { systemClock } from '../kernel/clock.js';
import { RESOLVERS } from './resolvers/index.js';
import { readSecretRef } from './secret-ref.js';
import { Secrets } from './secrets.js';

/**
 * Follows references only where that is a look at what is at hand, for commands that check a configuration and do not use
 * it. No program is run: what it would have said is left unmeasured, and a warning says so. But what the command itself
 * cannot do without (`isNeeded`) is asked for wherever it is, and must be had.
 */
export function checkingSecrets(isNeeded: (secret: PlacedSecret) => boolean = () => false): SecretSource {
  const secrets = new Secrets({ clock: systemClock });
  const isLight = (source: string): boolean => RESOLVERS.find((one) => one.source === source)?.isLight === true;
  const isAsked = (secret: PlacedSecret): boolean => isLight(secret.reference.source) || isNeeded(secret);
  return {
    read: readSecretRef,
    check: (request) => secrets.check(request),
    async resolve(request) {
      const asked = request.active.filter(isAsked);
      const others = request.active.filter((secret) => !isAsked(secret));
      const answer = await secrets.resolve({ ...request, active: asked, isStart: false });
      const unmeasured = others.map(({ path, reference: { id } }) => {
        const sentence = `${path} was not measured: this command runs no program to ask for "${id}"; the gateway will`;
        return [path, sentence] as const;
      });
      return { ...answer, warnings: [], unmeasured: new Map(unmeasured) };
    },
  };
}
