import { fork } from 'node:child_process';
import { once } from 'node:events';

/**
 * What a generator has to say of a job.
 * @typedef {{ done: number, errors: number, seconds: number, p50: number, p99: number, first?: string }} Outcome
 */

/** The load generator: a process of its own, told what to do by messages and silent while it does it. */
export class Generator {
  constructor() {
    this.child = fork(new URL('./load.mjs', import.meta.url), { execArgv: [] });
  }

  /**
   * @param {object} job see load.mjs
   * @returns {Promise<Outcome>}
   */
  async run(job) {
    this.child.send(job);
    const [outcome] = await once(this.child, 'message');
    if (outcome.failed) throw new Error(outcome.failed);
    return outcome;
  }

  stop() {
    this.child.kill();
  }
}
