import { execFile } from 'node:child_process';
import type { KeychainItem } from './cli-login.js';

/** What macOS keeps under a name. It may ask the person first: only where somebody sits. Undefined when it is not there. */
export type Keychain = (item: KeychainItem) => Promise<string | undefined>;

const PATIENCE_MS = 5_000;

/** Asks the system's own program; the secret comes on its standard output alone. */
export const macKeychain: Keychain = ({ service, account }) =>
  new Promise((resolve) => {
    const args = ['find-generic-password', '-s', service, ...(account === undefined ? [] : ['-a', account]), '-w'];
    execFile('/usr/bin/security', args, { timeout: PATIENCE_MS, maxBuffer: 1 << 20 }, (error, stdout) => {
      resolve(error ? undefined : stdout.trim() || undefined); // not there, or the person said no
    });
  });
