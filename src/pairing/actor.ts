import type { Identity } from '../kernel/identity.js';

/** Who did something, as the rows remember it: a subject is unique only within its method. */
export const actorOf = ({ method, subject }: Pick<Identity, 'method' | 'subject'>): string => `${method}:${subject}`;
