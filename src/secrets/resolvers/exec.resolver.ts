import { expandHome, homeDirectory } from '../../config/state-directory.js';
import type { ExecProvider } from '../provider.settings.js';
import { type Batch, type Found, SecretFailure, type SecretResolver } from '../secret-resolver.js';
import { question, readAnswer } from './exec-answer.js';
import { runCommand } from './run-command.js';
import { trustedCommand } from './trusted-command.js';

/** Secrets that a program knows: one process for all ids, asked on its standard input, with no variable but those named. */
export const execResolver: SecretResolver<ExecProvider> = {
  source: 'exec',
  isLight: false,

  async resolve({ alias, settings, ids, environment, clock }: Batch<ExecProvider>): Promise<Found> {
    const home = homeDirectory(environment);
    const command = expandHome(settings.command, home);
    const trustedDirs = settings.trustedDirs.map((directory) => expandHome(directory, home));
    const program = await trustedCommand({ ...settings, command, trustedDirs });
    const passed = settings.passEnv.flatMap((name): [string, string][] => {
      const value = environment.get(`!${name}`);
      return value === undefined ? [] : [[name, value]];
    });
    try {
      const text = await runCommand({
        program,
        name: command,
        args: settings.args,
        env: { ...Object.fromEntries(passed), ...settings.env },
        input: question(alias, ids),
        timeoutMs: settings.timeoutMs,
        silenceMs: settings.noOutputTimeoutMs ?? settings.timeoutMs,
        maxBytes: settings.maxOutputBytes,
        clock,
      });
      return readAnswer(text, ids, settings.jsonOnly);
    } catch (error) {
      if (!(error instanceof SecretFailure)) throw error;
      throw new SecretFailure(`${command} ${error.message}`, error.remedy, error);
    }
  },
};
