import { useCallback, useEffect, useState } from 'preact/hooks';

/** Something that is fetched when a page is shown. */
export interface Loaded<T> {
  readonly value?: T;
  readonly error?: unknown;
  /** Fetches it anew; what was there stays until then. */
  reload(): Promise<void>;
}

/** `load` must be the same function as long as the same thing is meant. */
export function useLoaded<T>(load: () => Promise<T>): Loaded<T> {
  const [state, setState] = useState<{ value?: T; error?: unknown }>({});
  const reload = useCallback(async () => {
    try {
      setState({ value: await load() });
    } catch (error) {
      setState({ error });
    }
  }, [load]);
  useEffect(() => void reload(), [reload]);
  return { ...state, reload };
}
