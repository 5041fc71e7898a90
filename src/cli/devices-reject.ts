import { rejecting } from './reject-request.js';

/** Turns one of the waiting devices away. */
export const command = rejecting('devices');
