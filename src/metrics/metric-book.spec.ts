import { MetricBook } from './metric-book.js';
import { Series } from './series.js';

async function lines(book: MetricBook): Promise<unknown[]> {
  const all = [];
  for (const { family, read } of book.metrics) {
    for (const { suffix = '', labels = [], upTo, value } of await read()) {
      all.push([`${family.name}${suffix}`, [...labels, ...(upTo === undefined ? [] : [upTo])].join(' '), value]);
    }
  }
  return all;
}

const FAMILY = { name: 'calls', help: 'Calls', labels: ['who', 'how'] };

describe('counting', () => {
  it('adds up each combination of labels', async () => {
    const book = new MetricBook();
    const calls = book.counter(FAMILY);
    calls.add(['a', 'x']);
    calls.add(['a', 'y'], 5);
    calls.add(['a', 'x'], 2);
    expect(await lines(book)).toEqual([
      ['calls', 'a x', 3],
      ['calls', 'a y', 5],
    ]);
  });

  it('stands at 0 before anything was counted, where there is nothing to tell apart', async () => {
    const book = new MetricBook();
    book.counter({ name: 'locks', help: 'Locks' });
    book.counter(FAMILY);
    expect(await lines(book)).toEqual([['locks', '', 0]]);
  });

  it('keeps no hold of the array that it was given', async () => {
    const book = new MetricBook();
    const labels = ['a', 'x'];
    book.counter(FAMILY).add(labels);
    labels[0] = 'b';
    expect(await lines(book)).toEqual([['calls', 'a x', 1]]);
  });

  it('counts in classes that hold all that is smaller', async () => {
    const book = new MetricBook();
    const waits = book.histogram({ name: 'wait', help: 'Waits' }, [1, 2]);
    for (const value of [0.5, 1, 1.5, 7]) waits.observe([], value);
    expect(await lines(book)).toEqual([
      ['wait_bucket', '1', 2],
      ['wait_bucket', '2', 3],
      ['wait_bucket', 'Infinity', 4],
      ['wait_sum', '', 10],
      ['wait_count', '', 4],
    ]);
  });

  it('asks for a number only when somebody reads', async () => {
    const book = new MetricBook();
    const read = jest.fn(() => [{ value: 4 }]);
    book.gauge({ name: 'open', help: 'Open' }, read);
    expect(read).not.toHaveBeenCalled();
    expect(await lines(book)).toEqual([['open', '', 4]]);
  });

  it('takes no name twice', () => {
    const book = new MetricBook();
    book.counter(FAMILY);
    expect(() => book.gauge(FAMILY, () => [])).toThrow('two metrics are called calls');
  });
});

it('S188: a flood of labels becomes one series beyond the bound, and those before go on', () => {
  const series = new Series(() => ({ value: 0 }), 3);
  for (let i = 0; i < 1000; i += 1) series.of([`a${i % 10}`, 'x']).value += 1;
  expect([...series.entries()]).toEqual([
    [['a0', 'x'], { value: 100 }],
    [['a1', 'x'], { value: 100 }],
    [['a2', 'x'], { value: 100 }],
    [['other', 'other'], { value: 700 }],
  ]);
});
