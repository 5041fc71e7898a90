import { join } from 'node:path';

/** Where the folders of removed agents are set aside, each under its id and the time of its removal. */
export const removedAgents = (stateDir: string): string => join(stateDir, 'backups', 'agents');
