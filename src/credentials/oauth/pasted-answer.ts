import { WrongAnswer } from './browser-answer.js';

/**
 * The parameters in what a person pasted: the whole address that the browser ended at, `code=…&state=…`, or `code#state`.
 * A bare code is none of them: without the state nobody knows whose sign-in it belongs to (S166). Throws WrongAnswer.
 */
export function pastedAnswer(text: string): URLSearchParams {
  const pasted = text.trim();
  if (/^https?:\/\//i.test(pasted)) {
    if (!URL.canParse(pasted)) throw new WrongAnswer('that is no address');
    return new URL(pasted).searchParams;
  }
  if (/(^\??|&)(code|error|state)=/.test(pasted)) return new URLSearchParams(pasted);
  const [code, state, ...more] = pasted.split('#');
  if (
    code === undefined ||
    code === '' ||
    state === undefined ||
    state === '' ||
    more.length > 0 ||
    /\s/.test(pasted)
  ) {
    throw new WrongAnswer('paste the whole address that the browser ended at: a code alone is not enough');
  }
  return new URLSearchParams({ code, state });
}
