import { retryAfterMs } from './retry-after.js';

const NOW = Date.UTC(2026, 0, 1);

describe('how long a provider wants to be left alone', () => {
  // prettier-ignore
  it.each<[string, Record<string, string>, number | undefined]>([
    ['in seconds',            { 'retry-after': '7' },                                         7000],
    ['in parts of a second',  { 'retry-after': '0.5' },                                       500],
    ['in milliseconds',       { 'retry-after-ms': '120', 'retry-after': '9' },                120],
    ['until a date',          { 'retry-after': 'Thu, 01 Jan 2026 00:01:00 GMT' },             60_000],
    ['until a date long ago', { 'retry-after': 'Wed, 31 Dec 2025 00:00:00 GMT' },             0],
    ['for ever',              { 'retry-after': '99999999999' },                               86_400_000],
    ['in other words',        { 'retry-after': 'soon' },                                      undefined],
    ['below nothing',         { 'retry-after': '-5' },                                        undefined],
    ['not at all',            {},                                                             undefined],
  ])('%s', (_, headers, ms) => {
    expect(retryAfterMs(headers, NOW)).toBe(ms);
  });
});
