import { Inject, Injectable } from '@nestjs/common';
import { BoundedMap } from '../../kernel/bounded-map.js';
import { CLOCK, type Clock } from '../../kernel/clock.js';
import { Unavailable } from '../../kernel/errors.js';
import { canonicalLogin } from './login.js';
import { Tailscaled } from './tailscaled.js';
import type { TailscaleSettings } from './tailscale.settings.js';

const FOUND_FOR_MS = 60_000;
const NOT_FOUND_FOR_MS = 5_000;
const REMEMBERED = 4096;
const AT_ONCE = 64;

interface Known {
  readonly login: string | null;
  readonly until: number;
}

/** Whose address is this? Remembers the answer for a minute, "nobody's" for five seconds, and a fault not at all. */
@Injectable()
export class Whois {
  private readonly known = new BoundedMap<string, Known>(REMEMBERED);
  private readonly asking = new Map<string, Promise<string | null>>();

  constructor(
    private readonly tailscaled: Tailscaled,
    @Inject(CLOCK) private readonly clock: Clock,
  ) {}

  /** The canonical login behind an address, or null when it is nobody's. Throws Unavailable when nobody can tell. */
  async loginOf(address: string, settings: TailscaleSettings): Promise<string | null> {
    const known = this.known.get(address);
    if (known && this.clock.now() < known.until) return known.login;
    return this.asking.get(address) ?? this.ask(address, settings);
  }

  private ask(address: string, settings: TailscaleSettings): Promise<string | null> {
    if (this.asking.size >= AT_ONCE) throw new Unavailable('too many questions to tailscaled at once');
    const answer = this.lookUp(address, settings).finally(() => this.asking.delete(address));
    this.asking.set(address, answer);
    return answer;
  }

  private async lookUp(address: string, settings: TailscaleSettings): Promise<string | null> {
    const name = await this.tailscaled.whois(address, settings);
    const login = name === null ? null : canonicalLogin(name);
    const until = this.clock.now() + (login === null ? NOT_FOUND_FOR_MS : FOUND_FOR_MS);
    this.known.set(address, { login, until });
    return login;
  }
}
