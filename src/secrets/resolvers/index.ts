import type { SecretResolver } from '../secret-resolver.js';
import { envResolver } from './env.resolver.js';
import { execResolver } from './exec.resolver.js';
import { fileResolver } from './file.resolver.js';

/** Every place where secrets may be kept. The order says nothing: a reference names its source. */
export const RESOLVERS = [
  envResolver, //  a variable of ours
  fileResolver, // a file of ours
  execResolver, // somebody else's program
] as readonly SecretResolver[];
