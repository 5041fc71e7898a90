import type { JSX } from 'preact';
import { useState } from 'preact/hooks';

interface CopyProps {
  readonly value: string;
  /** What it is, for the label: `the token`. */
  readonly what: string;
  readonly onCopied?: () => void;
}

/** Puts a value into the clipboard and says so. */
export function CopyButton({ value, what, onCopied }: CopyProps): JSX.Element {
  const [said, setSaid] = useState('');
  const copy = async (): Promise<void> => {
    try {
      await navigator.clipboard.writeText(value);
      setSaid('Copied');
      onCopied?.();
    } catch {
      setSaid('The browser does not allow it: select and copy it by hand');
    }
  };
  return (
    <>
      <button type="button" class="primary" onClick={copy}>
        Copy {what}
      </button>
      <span role="status" class="said">
        {said}
      </span>
    </>
  );
}
