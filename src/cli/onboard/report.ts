import { tooOpen } from '../../config/state-directory.js';
import type { World } from '../command.js';
import { word } from '../terminal.js';
import type { Draft } from './draft.js';
import type { Written } from './write.js';

const NEXT = ['doorward gateway run', 'doorward status'] as const;
const TOKEN = 'gateway.auth.token';

/** Says what was written and what comes next: never a secret, but where the token stands. */
export function report(draft: Draft, written: Written, isJson: boolean, { terminal }: World): void {
  const { file, changed, remaining, backup, credential } = written;
  const token = draft.present(TOKEN) !== undefined || draft.told.has(TOKEN) ? { file, path: TOKEN } : null;
  if (isJson) {
    return terminal.json({
      configPath: file,
      mode: draft.scene.mode,
      changed,
      backup: backup ?? null,
      written: Object.fromEntries(draft.told),
      credential: credential ?? null,
      token,
      notes: draft.notes,
      remaining,
      next: NEXT,
    });
  }
  terminal.result(changed ? `Wrote ${word(file)}` : `Nothing to change: ${word(file)} says so already.`);
  const width = Math.max(0, ...[...draft.told.keys()].map((path) => path.length));
  for (const [path, told] of draft.told) terminal.result(`  ${word(path).padEnd(width)}  ${word(told)}`);
  if (backup !== undefined) terminal.result(`What stood there before is in ${word(backup)}`);
  if (credential !== undefined) terminal.result(`The key is kept in ${word(credential)}`);
  if (token) terminal.result(`The token stands in ${word(file)}, which is yours alone to read: ${TOKEN}`);
  for (const note of draft.notes) terminal.say(word(note));
  for (const { path, message } of remaining) terminal.warn(`still wrong: ${path}: ${message}`);
  const open = tooOpen(file);
  if (open !== undefined) terminal.warn(open);
  terminal.result(`Next:\n${NEXT.map((line) => `  ${line}`).join('\n')}`);
}
