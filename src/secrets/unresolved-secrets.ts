import { ConfigError } from '../config/config-error.js';

/** Secrets that somebody needs and that could not be had: names of keys, providers and ids, never a value. */
export class UnresolvedSecrets extends ConfigError {}
