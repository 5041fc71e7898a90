import type { ComponentChildren, JSX } from 'preact';
import { useEffect, useRef } from 'preact/hooks';

interface HeadingProps {
  /** Also the title of the browser's tab. */
  readonly children: string;
  readonly beside?: ComponentChildren;
}

let isFirst = true;

/** The heading of a page. When another page is shown the focus goes there, so that everybody learns where they are. */
export function Heading({ children: title, beside }: HeadingProps): JSX.Element {
  const heading = useRef<HTMLHeadingElement>(null);
  useEffect(() => {
    document.title = `${title} – Doorward`;
    // A page that was just loaded is read from its beginning anyway.
    if (!isFirst) heading.current?.focus();
    isFirst = false;
  }, [title]);
  return (
    <div class="heading">
      <h1 ref={heading} tabIndex={-1}>
        {title}
      </h1>
      {beside}
    </div>
  );
}
