/** Beyond so many, a new combination counts as `other`: what is scraped must not grow for ever. */
const MOST_SERIES = 2_000;

const OTHER = 'other';

/** What one family counts: a value for each combination of its labels. */
export class Series<Value extends object> {
  private readonly root = new Branch<Value>();
  private readonly found: (readonly [labels: readonly string[], value: Value])[] = [];
  private rest: Value | undefined;

  constructor(
    private readonly start: () => Value,
    private readonly most = MOST_SERIES,
  ) {}

  /** The value to add to. Maps within maps: a key that is put together for every request would cost more. */
  of(labels: readonly string[]): Value {
    let branch = this.root;
    for (const label of labels) {
      let next = branch.get(label);
      if (!next) {
        if (this.found.length >= this.most) return (this.rest ??= this.open(labels.map(() => OTHER)));
        branch.set(label, (next = new Branch()));
      }
      branch = next;
    }
    return (branch.value ??= this.open(labels));
  }

  /** Each combination with its value, in the order of their first appearance. */
  entries(): Iterable<readonly [labels: readonly string[], value: Value]> {
    return this.found;
  }

  private open(labels: readonly string[]): Value {
    const value = this.start();
    this.found.push([[...labels], value]);
    return value;
  }
}

class Branch<Value> extends Map<string, Branch<Value>> {
  value?: Value;
}
