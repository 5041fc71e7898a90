/** A part that is out of order: its name, and what is known of why, without any secret. */
export interface FailingPart {
  readonly part: string;
  readonly reason: string;
}

/** What the edges may know of the parts beneath them. The composition root says how it is found out. */
export abstract class Readiness {
  private readonly lookouts: (() => readonly FailingPart[])[] = [];

  /** The parts that are out of order right now; none of them when the gateway can do all its work. */
  abstract failing(): FailingPart[];

  /** The database in use, in words without a secret. */
  abstract get database(): string;

  /** Parts that still do their work, with what they knew before something broke. */
  degraded(): FailingPart[] {
    return this.lookouts.flatMap((look) => look());
  }

  /** Lets `look` have a say in `degraded()`. */
  alsoAsk(look: () => readonly FailingPart[]): void {
    this.lookouts.push(look);
  }
}
