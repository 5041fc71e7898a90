import { record } from './answers.js';
import type { Row } from './pages.js';
import { type Terminal, word } from './terminal.js';

/** Shows an invitation in the moment in which it is made: what to hand over goes to stdout, and nothing else. */
export function showInvitation(invitation: unknown, terminal: Terminal): void {
  const made: Row = record(invitation);
  terminal.result(word(made['link'] ?? made['code']));
  terminal.say(
    `Invitation of ${word(made['email'])} as ${word(made['role'])}, good until ${word(made['expiresAt'])}, for this address alone, once.`,
  );
  if (made['mailed'] === true) terminal.say('It is on its way by mail as well.');
  else terminal.say('Hand it over yourself: it is shown this once, and the gateway keeps only a digest of it.');
}
