import type { JSX } from 'preact';
import { usedArrival } from '../arrival.js';
import { Heading } from '../components/heading.js';

/** Somebody opened the setup link of a device in a browser. The code is not used here, so it stays good. */
export function SetupLinkPage(): JSX.Element {
  return (
    <>
      <Heading>A link for a device</Heading>
      <p>
        This link lets one device in, within ten minutes. It is not for the browser: paste the whole link into the app
        that you want to connect, or scan its QR code with it.
      </p>
      <div class="actions">
        <button type="button" onClick={usedArrival}>
          Go on to the console
        </button>
      </div>
    </>
  );
}
