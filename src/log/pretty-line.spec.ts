import { parseLogLine, prettyLine } from './pretty-line.js';

const record = {
  level: 'warn',
  ts: '2026-11-21T10:00:00.000Z',
  msg: 'auth failed',
  event: 'auth.failed',
  code: 'token_mismatch',
};

describe('a log line for people', () => {
  it('says time, level, message and the rest as name=value', () => {
    expect(prettyLine(record, false)).toBe('2026-11-21T10:00:00.000Z warn  auth failed code=token_mismatch\n');
  });

  it('names an event that manuals name', () => {
    const line = prettyLine({ ...record, event: 'SECRETS_RELOADER_DEGRADED' }, false);

    expect(line).toContain(' event=SECRETS_RELOADER_DEGRADED');
  });

  it('says of an error what it was, not where', () => {
    const error = { name: 'Unavailable', message: 'database: closed', stack: 'at line 1\nat line 2' };

    expect(prettyLine({ ...record, error }, false)).toMatch(/ error="Unavailable: database: closed"\n$/);
  });

  it('is coloured on demand only', () => {
    expect(prettyLine(record, true)).toContain('\u001b[33m');
  });

  // prettier-ignore
  it.each([
    ['a line break',        'a\nerror  all is lost'],
    ['a carriage return',   'a\rb'],
    ['an escape sequence',  'a\u001b[2Jb'],
    ['a C1 control',        'a\u009b2Jb'],
    ['a line separator',    'a\u2028b'],
    ['a direction override', 'a\u202eb'],
  ])("cannot be forged: %s in somebody's word", (_, word) => {
    const line = prettyLine({ ...record, msg: word, [word]: word }, false);

    expect(line.slice(0, -1)).not.toMatch(/[\p{Cc}\p{Zl}\p{Zp}\p{Bidi_Control}]/u);
  });

  it('reads back JSON objects only', () => {
    expect(parseLogLine('{"msg":"x"}')).toEqual({ msg: 'x' });
    expect(parseLogLine('{"msg":"x')).toBeUndefined();
    expect(parseLogLine('[1]')).toBeUndefined();
  });
});
