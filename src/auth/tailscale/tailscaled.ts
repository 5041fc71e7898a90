import { isIPv6 } from 'node:net';
import { Inject, Injectable } from '@nestjs/common';
import { CLOCK, type Clock } from '../../kernel/clock.js';
import { Unavailable } from '../../kernel/errors.js';
import { CommandFailed, runTailscale } from './command.js';
import { withinDeadline } from './deadline.js';
import { NoSocket, askLocalApi, parsed } from './local-api.js';
import type { TailscaleSettings } from './tailscale.settings.js';

const PATIENCE_MS = 5_000;

/** What we read of `whois`; tailscaled tells far more. */
interface WhoisAnswer {
  readonly Node?: { readonly Tags?: readonly string[] | null };
  readonly UserProfile?: { readonly LoginName?: string };
}

interface StatusAnswer {
  readonly Self?: { readonly DNSName?: string };
}

/** The same question, once for the socket and once for the command. */
interface Question {
  readonly path: string;
  readonly args: readonly string[];
}

/** The Tailscale daemon of this machine: asked on its socket or, where that is out of reach, through its command. */
@Injectable()
export class Tailscaled {
  constructor(@Inject(CLOCK) private readonly clock: Clock) {}

  /**
   * The login of the person at a tailnet address; null when the tailnet has no such address, or it belongs to a
   * tagged machine, which is nobody. Throws Unavailable when that cannot be found out within five seconds.
   */
  async whois(address: string, settings: TailscaleSettings): Promise<string | null> {
    const host = isIPv6(address) ? `[${address}]` : address;
    const answer = await this.ask(
      // Only the address counts; the port belongs to the form that every version of the daemon understands.
      { path: `/localapi/v0/whois?addr=${encodeURIComponent(`${host}:0`)}`, args: ['whois', '--json', address] },
      settings,
    );
    if (answer === null) return null;

    const { Node: node, UserProfile: person } = answer as WhoisAnswer;
    if (node === undefined || typeof person?.LoginName !== 'string' || person.LoginName.trim() === '') {
      throw new Unavailable('the answer of tailscaled names nobody');
    }
    return node.Tags?.length ? null : person.LoginName;
  }

  /** The MagicDNS name of this machine, without the dot at its end; undefined when it has none. Throws Unavailable. */
  async dnsName(settings: TailscaleSettings): Promise<string | undefined> {
    const question = { path: '/localapi/v0/status?peers=false', args: ['status', '--json', '--peers=false'] };
    const answer = (await this.ask(question, settings)) as StatusAnswer | null;
    const name = answer?.Self?.DNSName;
    return typeof name === 'string' ? name.replace(/\.$/, '').toLowerCase() || undefined : undefined;
  }

  /** Runs a command that changes something. Throws CommandFailed, or Unavailable when it does not end. */
  run(args: readonly string[], settings: TailscaleSettings): Promise<string> {
    return withinDeadline(this.clock, PATIENCE_MS, (signal) => runTailscale(args, settings, signal));
  }

  private async ask({ path, args }: Question, settings: TailscaleSettings): Promise<unknown> {
    const answer = await withinDeadline(this.clock, PATIENCE_MS, async (signal) => {
      try {
        return await askLocalApi(path, settings, signal);
      } catch (error) {
        if (!(error instanceof NoSocket)) throw error;
        return askCommand(args, settings, signal);
      }
    });
    if (answer !== null && typeof answer !== 'object') throw new Unavailable('the answer of tailscaled is no object');
    return answer;
  }
}

/** How the command says that an address is nobody's, in its newer and its older words. */
const NO_SUCH_PEER = /peer not found|no match for ip/i;

async function askCommand(args: readonly string[], settings: TailscaleSettings, signal: AbortSignal): Promise<unknown> {
  try {
    return parsed(await runTailscale(args, settings, signal)) ?? undefined;
  } catch (error) {
    if (!(error instanceof CommandFailed)) throw error;
    if (NO_SUCH_PEER.test(error.message)) return null;
    const reason = error.missing
      ? 'neither the socket of tailscaled nor the tailscale command was found: set gateway.tailscale.socket or gateway.tailscale.command'
      : `tailscale ${args[0]}: ${error.message}`;
    throw new Unavailable(reason, { cause: error });
  }
}
