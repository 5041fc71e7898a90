import { wrongInput } from './wrong-input.js';

const PREFIX = 'sk-ant-oat01-';
const SHORTEST = 80;

/** Copied from a terminal it comes broken into lines: what is white goes (reference F.7). */
export function tidySetupToken(text: string): string {
  return text.replace(/\s+/g, '');
}

export function looksLikeSetupToken(text: string): boolean {
  return text.startsWith(PREFIX);
}

/** Throws Refused for what `claude setup-token` does not print. */
export function checkSetupToken(token: string): void {
  if (!looksLikeSetupToken(token)) {
    throw wrongInput('secret', `a setup token begins with ${PREFIX}; make one with \`claude setup-token\``);
  }
  if (token.length < SHORTEST) {
    throw wrongInput(
      'secret',
      `the setup token is cut off: it has ${token.length} characters, and at least ${SHORTEST} are usual`,
    );
  }
}
