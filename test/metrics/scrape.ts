import { bearer, HOUSE_TOKEN, type TestGateway } from '../helpers/gateway.js';

/** What one scrape said: a value for each `name{label="value",…}`, with labels as they were written. */
export class Scrape {
  private constructor(
    readonly text: string,
    private readonly values: ReadonlyMap<string, number>,
  ) {}

  static async of(gateway: TestGateway, token = HOUSE_TOKEN): Promise<Scrape> {
    const { status, text } = await gateway.get('/metrics', { ...bearer(token), host: 'gateway.example.com' });
    if (status !== 200) throw new Error(`the scrape was answered with ${status}: ${text}`);
    const lines = text.split('\n').filter((line) => line !== '' && !line.startsWith('#'));
    return new Scrape(text, new Map(lines.map((line) => parse(line))));
  }

  /** Of a series that must be there: one that is missing, or misspelled in a test, is not one that stands at 0. */
  value(series: string): number {
    const value = this.values.get(series);
    if (value === undefined) throw new Error(`no such series: ${series}`);
    return value;
  }

  /** Of a series that need not be there yet: 0 where nothing was counted. */
  soFar(series: string): number {
    return this.values.get(series) ?? 0;
  }

  get series(): string[] {
    return [...this.values.keys()];
  }
}

function parse(line: string): [string, number] {
  const match = /^([a-z_\d]+(?:\{(?:[a-z_]+="(?:[^"\\]|\\.)*",?)*\})?) (-?[\d.e+-]+|NaN|\+Inf)$/i.exec(line);
  if (!match) throw new Error(`no line of the text format: ${line}`);
  return [match[1]!, Number(match[2])];
}
