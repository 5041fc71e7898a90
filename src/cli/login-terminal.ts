import type { LoginTerminal } from '../credentials/methods/login-method.js';
import type { World } from './command.js';
import { pipedValue } from './given-value.js';
import { ask, askHidden } from './hidden-input.js';
import { openBrowser } from './open-browser.js';
import { canAsk } from './prompt.js';

/** The person in front of this terminal, for ways to log in. */
export function loginTerminal(world: World): LoginTerminal {
  const { terminal, environment, pause } = world;
  return {
    isInteractive: canAsk(world),
    say: (text) => terminal.say(text),
    ask: (question, signal) => ask(question, world, signal),
    askSecret: (question) => askHidden(question, world),
    piped: () => pipedValue(world),
    open: (page) => canAsk(world) && openBrowser(page, environment),
    pause,
  };
}
