import type { JSX } from 'preact';
import { changePassword } from '../api.js';
import { Dialog } from '../components/dialog.js';
import { PASSWORD_RULES, PasswordField } from '../components/field.js';
import { Form } from '../components/form.js';
import type { Explanation } from '../explain.js';
import { presence } from '../session.js';
import { useStore } from '../store.js';
import { useTask } from '../task.js';

const WRONG: Explanation = ['This is not your current password.', 'Try again.'];
const WORDS = { password_mismatch: WRONG } as const;

interface ChangeProps {
  readonly onClose: () => void;
  readonly onChanged: () => Promise<void>;
}

/** Another password for who knows the old one. */
export function ChangePassword({ onClose, onChanged }: ChangeProps): JSX.Element {
  const task = useTask();
  const here = useStore(presence);
  const submit = async (fields: FormData): Promise<void> => {
    await changePassword(String(fields.get('currentPassword')), String(fields.get('newPassword')));
    await onChanged();
    onClose();
  };
  return (
    <Dialog title="Change your password" onClose={onClose}>
      <Form
        task={task}
        onSubmit={submit}
        action="Change password"
        words={WORDS}
        beside={
          <button type="button" onClick={onClose}>
            Cancel
          </button>
        }
      >
        {/* For programs that keep passwords: whose it is. */}
        <input
          type="text"
          class="unseen"
          autocomplete="username"
          aria-hidden="true"
          tabIndex={-1}
          readOnly
          value={here.state === 'in' ? here.person.user.email : ''}
        />
        <PasswordField
          label="Current password"
          name="currentPassword"
          autocomplete="current-password"
          autofocus
          required
          wrong={task.wrong('currentPassword')}
        />
        <PasswordField
          label="New password"
          name="newPassword"
          autocomplete="new-password"
          required
          wrong={task.wrong('newPassword')}
          hint={`${PASSWORD_RULES} Your other sessions end.`}
        />
      </Form>
    </Dialog>
  );
}
