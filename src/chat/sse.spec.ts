import fc from 'fast-check';
import { BrokenStream, type SseEvent, SseParser } from './sse.js';

function parsed(bytes: Uint8Array, cuts: readonly number[] = []): SseEvent[] {
  const parser = new SseParser();
  const edges = [...new Set([0, ...cuts.filter((cut) => cut < bytes.length), bytes.length])].sort((a, b) => a - b);
  const events = edges.slice(1).flatMap((edge, index) => parser.push(bytes.subarray(edges[index], edge)));
  return [...events, ...parser.end()];
}

const bytesOf = (text: string): Buffer => Buffer.from(text, 'utf8');

describe('a stream of events', () => {
  // prettier-ignore
  it.each<[string, string, SseEvent[]]>([
    ['one event',              'data: a\n\n',                       [{ event: 'message', data: 'a' }]],
    ['a named one',            'event: ping\ndata: {}\n\n',         [{ event: 'ping', data: '{}' }]],
    ['several lines of data',  'data: a\ndata: b\n\n',              [{ event: 'message', data: 'a\nb' }]],
    ['no space, one space',    'data:a\n\ndata:  b\n\n',            [{ event: 'message', data: 'a' }, { event: 'message', data: ' b' }]],
    ['CRLF and CR',            'data: a\r\n\r\ndata: b\r\r',        [{ event: 'message', data: 'a' }, { event: 'message', data: 'b' }]],
    ['comments and others',    ': hello\nid: 7\nretry: 1\ndata: a\n\n', [{ event: 'message', data: 'a' }]],
    ['a byte order mark',      '\uFEFFdata: a\n\n',                 [{ event: 'message', data: 'a' }]],
    ['a name without data',    'event: ping\n\n',                   []],
    ['a field without colon',  'data\n\n',                          [{ event: 'message', data: '' }]],
    ['an event without end',   'data: a\n',                         []],
    ['nothing',                '',                                  []],
  ])('%s', (_, text, events) => {
    expect(parsed(bytesOf(text))).toEqual(events);
  });

  it('reads the same in whatever pieces it comes', () => {
    const line = fc.constantFrom('data: a', 'data: Grüße 🦞', 'event: x', ': c', '', '', 'data:', 'id: 1');
    const end = fc.constantFrom('\n', '\r\n', '\r');
    const text = fc.array(fc.tuple(line, end)).map((lines) => lines.flat().join(''));
    fc.assert(
      fc.property(text, fc.array(fc.nat(200)), (given, cuts) => {
        expect(parsed(bytesOf(given), cuts)).toEqual(parsed(bytesOf(given)));
      }),
    );
  });

  it('reads the same byte by byte', () => {
    const bytes = bytesOf('event: é\r\ndata: 🦞\r\n\r\ndata: b\n\n');

    expect(parsed(bytes, [...bytes.keys()])).toEqual([
      { event: 'é', data: '🦞' },
      { event: 'message', data: 'b' },
    ]);
  });

  it('an event that never ends is broken off', () => {
    const parser = new SseParser();
    const piece = Buffer.alloc(1024 * 1024, 'a');

    expect(() => {
      for (let time = 0; time < 6; time += 1) parser.push(piece);
    }).toThrow(BrokenStream);
  });

  it('S208: an event in small pieces is read once: four times as large costs about four times as much', () => {
    const piece = Buffer.alloc(1024, 'a');
    const cost = (pieces: number): number => {
      const parser = new SseParser();
      const from = process.cpuUsage();
      parser.push(bytesOf('data: '));
      for (let count = 0; count < pieces; count += 1) parser.push(piece);
      expect(parser.push(bytesOf('\n\n'))).toHaveLength(1);
      const { user, system } = process.cpuUsage(from);
      return (user + system) / 1000;
    };
    expect(cost(4000)).toBeLessThan(8 * cost(1000) + 100);
  });
});
