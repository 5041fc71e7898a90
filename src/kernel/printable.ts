/** What moves a cursor, ends a line, or turns the direction of writing round (CWE-117, CWE-150). */
const UNPRINTABLE = /[\p{Cc}\p{Zl}\p{Zp}\p{Bidi_Control}]/gu;

/** Nearly all text is this, and costs no more than this test. */
const PLAIN = /^[ -~]*$/;

/** One line of text in which every such character is spelled as `\u001b`: other people's words on our terminal. */
export function printable(text: string): string {
  return PLAIN.test(text) ? text : text.replace(UNPRINTABLE, escaped);
}

/** The same for a line of JSON, which it leaves valid and equal: such characters stand only inside its strings. */
export function printableJson(line: string): string {
  const end = line.endsWith('\n') ? '\n' : '';
  return printable(line.slice(0, line.length - end.length)) + end;
}

const escaped = (character: string): string => `\\u${character.codePointAt(0)!.toString(16).padStart(4, '0')}`;
