import { approving } from './approve-request.js';

/** Lets one of the waiting nodes in. */
export const command = approving('nodes');
