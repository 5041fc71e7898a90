import type { LoginGround, LoginRequest } from './login-method.js';
import { wrongInput } from './wrong-input.js';

/** Visible ASCII: whatever else was copied along would break the header that it travels in. */
const VISIBLE = /^[\x21-\x7e]+$/;

const LONGEST = 16_384;

/** The key or token, from where it was given, out of a pipe, or by asking. `what` names it in questions. Throws Refused for what is none. */
export async function secretText(
  what: string,
  { secret }: LoginRequest,
  { terminal }: LoginGround,
  tidy: (text: string) => string = (text) => text.trim(),
): Promise<string> {
  const given = secret ?? (terminal.isInteractive ? undefined : await terminal.piped());
  if (given === undefined && !terminal.isInteractive) {
    throw wrongInput('secret', `the ${what} is missing: nobody can be asked here; give it by standard input or a file`);
  }
  const text = tidy(given ?? (await terminal.askSecret(`The ${what}: `)));
  if (text === '') throw wrongInput('secret', `the ${what} is empty`);
  if (text.length > LONGEST) throw wrongInput('secret', `the ${what} is longer than any: ${text.length} characters`);
  if (!VISIBLE.test(text)) {
    throw wrongInput('secret', `the ${what} holds a space, a line break or another character that no ${what} has`);
  }
  return text;
}
