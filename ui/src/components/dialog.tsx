import type { ComponentChildren, JSX } from 'preact';
import { useEffect, useId, useRef } from 'preact/hooks';

interface DialogProps {
  readonly title: string;
  /** Asked for by Escape, by the button, or by whatever closes it. */
  readonly onClose: () => void;
  readonly children: ComponentChildren;
}

/** Where the focus went when the dialog before this one was closed. */
let lastPlace: HTMLElement | undefined;

/**
 * The browser's own modal dialog: what lies behind is inert, Tab stays inside, and the focus goes back to where it was.
 * Escape asks `onClose`, which may decide to stay open.
 */
export function Dialog({ title, onClose, children }: DialogProps): JSX.Element {
  const dialog = useRef<HTMLDialogElement>(null);
  const id = useId();
  useEffect(() => {
    // Nothing has the focus where one dialog follows another too closely, and where a browser gives buttons none (Safari).
    const active = document.activeElement;
    const opener = active instanceof HTMLElement && active !== document.body ? active : lastPlace;
    const element = dialog.current!;
    element.showModal();
    return () => {
      element.close();
      // What opened it may be gone meanwhile: then the heading of the page is where to go on.
      lastPlace = (opener?.isConnected ? opener : document.querySelector('h1')) ?? undefined;
      lastPlace?.focus();
    };
  }, []);
  const onCancel = (event: Event): void => {
    event.preventDefault();
    onClose();
  };
  // A browser lets the second Escape through whatever the page says to the first.
  const onKeyDown = (event: KeyboardEvent): void => {
    if (event.key === 'Escape') onCancel(event);
  };
  return (
    <dialog ref={dialog} aria-labelledby={id} onCancel={onCancel} onKeyDown={onKeyDown}>
      <h2 id={id}>{title}</h2>
      {children}
    </dialog>
  );
}
