import { rejecting } from './reject-request.js';

/** Turns one of the waiting nodes away. */
export const command = rejecting('nodes');
