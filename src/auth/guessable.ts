const GUESSED =
  /pass(word|wort)|doorward|openclaw|clawdbot|special.?agent|gateway|admin|qwert|letmein|secret|1234|abcd/i;

/** 20 characters, at least 10 of them different, and none of the usual words in what is no long random text. */
export function isWeak(text: string): boolean {
  const distinct = new Set(text).size;
  return (
    text.length < 20 ||
    distinct < 10 ||
    (/^\d+$/.test(text) && text.length < 30) ||
    (text.length < 40 && GUESSED.test(text))
  );
}
