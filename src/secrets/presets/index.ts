import { infisical } from './infisical.preset.js';
import { openbao, vault } from './kv.preset.js';
import { onePassword } from './one-password.preset.js';
import { pass } from './pass.preset.js';
import type { Preset } from './preset.js';
import { sops } from './sops.preset.js';

/** Keepers of secrets that need no script of one's own. The order is that of the menu. */
export const PRESETS: readonly Preset[] = [onePassword, vault, openbao, sops, pass, infisical];
