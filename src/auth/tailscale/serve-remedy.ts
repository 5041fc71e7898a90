import { CommandFailed } from './command.js';

/** What Tailscale complains about, and what a person can do. The first that fits is shown. */
// prettier-ignore
const REMEDIES: readonly (readonly [complaint: RegExp, remedy: string])[] = [
  [/already publishes/,                             'see `tailscale serve status`; free it with `tailscale serve --https=443 --set-path=/ off`, then start the gateway again'],
  [/access denied|permission denied|operator/i,     'allow the account of the gateway once: `sudo tailscale set --operator=<account>`'],
  [/not enabled|enable https|https:\/\/login\./i,   'switch HTTPS (and, for funnel, the funnel attribute) on for the tailnet in the Tailscale admin console'],
  [/failed to connect|doesn't appear to be running/i, 'start the daemon: `sudo systemctl start tailscaled`'],
  [/logged ?out|needs ?login|stopped|not running/i, 'bring this machine onto the tailnet: `tailscale up`'],
  [/flag provided but not defined|unknown (sub)?command/i, 'update Tailscale: 1.52 or later is needed'],
];

/** The sentence that tells a person what to do about a failed `tailscale serve` or `funnel`. */
export function serveRemedy(error: unknown): string {
  if (error instanceof CommandFailed && error.missing) {
    return 'install Tailscale, or say where its program is: gateway.tailscale.command';
  }
  const complaint = error instanceof Error ? error.message : String(error);
  const known = REMEDIES.find(([pattern]) => pattern.test(complaint));
  return known?.[1] ?? 'run the same by hand: `tailscale serve status`, `tailscale status`';
}
