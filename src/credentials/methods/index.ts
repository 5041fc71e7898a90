import { apiKey } from './api-key.method.js';
import { browser } from './browser.method.js';
import { claudeCode } from './claude-code.method.js';
import { codex } from './codex.method.js';
import { deviceCode } from './device-code.method.js';
import type { LoginMethod } from './login-method.js';
import { pasteToken } from './paste-token.method.js';
import { setupToken } from './setup-token.method.js';

/** The ways to log in. The first that a provider offers is taken when nobody says which. */
export const LOGIN_METHODS: readonly LoginMethod[] = [
  browser, //    a login that refreshes itself
  deviceCode, // the same, from a machine without a browser
  apiKey, //     never ends: the best for what runs for long
  setupToken, // a subscription, for a year
  claudeCode, // what another program holds on this machine
  codex, //      the same
  pasteToken, // whatever else somebody has
];
