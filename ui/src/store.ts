import { useLayoutEffect, useState } from 'preact/hooks';

/** One value that several parts of the page look at. */
export class Store<T> {
  private readonly watchers = new Set<() => void>();

  constructor(private current: T) {}

  get value(): T {
    return this.current;
  }

  set value(next: T) {
    this.current = next;
    for (const watcher of this.watchers) watcher();
  }

  /** Returns the way to stop. */
  watch(watcher: () => void): () => void {
    this.watchers.add(watcher);
    return () => this.watchers.delete(watcher);
  }
}

/** The value of a store; the component is drawn again when it changes. */
export function useStore<T>(store: Store<T>): T {
  const [value, setValue] = useState(store.value);
  useLayoutEffect(() => {
    const update = (): void => setValue(() => store.value);
    update();
    return store.watch(update);
  }, [store]);
  return value;
}
