import { approving } from './approve-request.js';

/** Lets one of the waiting devices in. */
export const command = approving('devices');
