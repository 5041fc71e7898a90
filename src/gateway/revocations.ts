/** By what connections are found when something about their caller changes. */
export type ConnectionKey = 'credential' | 'device' | 'user' | 'tenant';

/** How many are remembered; a decision rarely outlives one. */
const REMEMBERED = 1024;

/**
 * The last revocations, numbered. A caller who was judged before one of them and is registered after it would slip
 * through between the two; with the number noted before the judgement it is found out (S234).
 */
export class Revocations {
  private readonly last: { key: ConnectionKey; value: string }[] = [];
  private count = 0;

  /** The number of revocations so far: noted before a decision begins. */
  get epoch(): number {
    return this.count;
  }

  add(key: ConnectionKey, value: string): void {
    this.last[this.count % REMEMBERED] = { key, value };
    this.count += 1;
  }

  /** Whether one since `epoch` concerns whoever `matches`. More of them than are remembered count as one that does. */
  since(epoch: number, matches: (key: ConnectionKey, value: string) => boolean): boolean {
    if (this.count - epoch > REMEMBERED) return true;
    for (let i = epoch; i < this.count; i += 1) {
      const { key, value } = this.last[i % REMEMBERED]!;
      if (matches(key, value)) return true;
    }
    return false;
  }
}
