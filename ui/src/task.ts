import { useRef, useState } from 'preact/hooks';
import { Failure, type WrongField } from './failure.js';

/** Something that a person set going and waits for. */
export interface Task {
  readonly busy: boolean;
  /** Why the last one failed. */
  readonly error: unknown;
  /** Resolves with whether it went well. */
  run(work: () => Promise<void>): Promise<boolean>;
  /** What is wrong with a field of this name. */
  wrong(field: string): string | undefined;
}

export function useTask(): Task {
  const [busy, setBusy] = useState(false);
  const [error, setError] = useState<unknown>(undefined);
  // Two clicks may come before the page is drawn again.
  const running = useRef(false);

  const run = async (work: () => Promise<void>): Promise<boolean> => {
    if (running.current) return false;
    running.current = true;
    setBusy(true);
    setError(undefined);
    try {
      await work();
      return true;
    } catch (caught) {
      setError(caught);
      return false;
    } finally {
      running.current = false;
      setBusy(false);
    }
  };
  const wrong = (field: string): string | undefined =>
    error instanceof Failure ? sentenceOf(error.fields.filter(({ path }) => path === field)) : undefined;
  return { busy, error, run, wrong };
}

/** `It must have a digit, must have a symbol.` */
function sentenceOf(wrong: readonly WrongField[]): string | undefined {
  return wrong.length === 0 ? undefined : `It ${wrong.map(({ message }) => message).join(', ')}.`;
}
