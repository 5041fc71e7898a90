import type { ComponentChildren, JSX } from 'preact';
import { useRef } from 'preact/hooks';
import type { Task } from '../task.js';
import type { Explanation } from '../explain.js';
import { Failed } from './notice.js';

interface FormProps {
  readonly task: Task;
  /** Given the fields by their names. Rejects with Failure. */
  readonly onSubmit: (fields: FormData) => Promise<void>;
  /** What the button says. */
  readonly action: string;
  readonly words?: Readonly<Record<string, Explanation>>;
  /** Beside the button. */
  readonly beside?: ComponentChildren;
  readonly children: ComponentChildren;
}

/** A form that sends nothing by itself: its fields go to a call, and what is wrong comes back to the fields. */
export function Form({ task, onSubmit, action, words, beside, children }: FormProps): JSX.Element {
  const form = useRef<HTMLFormElement>(null);
  const submit = async (event: Event): Promise<void> => {
    event.preventDefault();
    if (task.busy) return;
    await task.run(() => onSubmit(new FormData(form.current!)));
    form.current?.querySelector<HTMLElement>('[aria-invalid="true"]')?.focus();
  };
  const isField = (name: string): boolean => Boolean(form.current?.elements.namedItem(name));
  return (
    <form ref={form} onSubmit={submit} noValidate={false}>
      <Failed error={task.error} isBeside={isField} {...(words && { words })} />
      {children}
      <div class="actions">
        <button type="submit" class="primary" aria-disabled={task.busy}>
          {action}
        </button>
        {beside}
      </div>
    </form>
  );
}
