import type { ComponentChildren, JSX } from 'preact';
import { useTask } from '../task.js';
import { Dialog } from './dialog.js';
import { Failed } from './notice.js';

interface ConfirmProps {
  readonly title: string;
  readonly children: ComponentChildren;
  /** What the button says that does it. */
  readonly action: string;
  readonly onConfirm: () => Promise<void>;
  readonly onClose: () => void;
}

/** Asks before what cannot be undone. The focus begins on the way back. */
export function Confirm({ title, children, action, onConfirm, onClose }: ConfirmProps): JSX.Element {
  const task = useTask();
  const confirm = async (): Promise<void> => {
    if (await task.run(onConfirm)) onClose();
  };
  return (
    <Dialog title={title} onClose={onClose}>
      {children}
      <Failed error={task.error} />
      <div class="actions">
        <button type="button" autofocus onClick={onClose}>
          Cancel
        </button>
        <button type="button" class="danger" aria-disabled={task.busy} onClick={confirm}>
          {action}
        </button>
      </div>
    </Dialog>
  );
}
