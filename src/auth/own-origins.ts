import { Injectable } from '@nestjs/common';
import { IsArray, IsBoolean, ValidateBy } from 'class-validator';
import { GatewaySettings } from '../config/gateway.settings.js';
import { type ConfigSnapshot, Settings } from '../config/settings.js';
import { canonicalOrigin } from '../kernel/net.js';

const Origin = (): PropertyDecorator =>
  ValidateBy(
    {
      name: 'origin',
      validator: {
        validate: (value: unknown) => typeof value === 'string' && canonicalOrigin(value) !== undefined,
        defaultMessage: () => 'each must be an origin such as https://console.example.com; "*" is not accepted',
      },
    },
    { each: true },
  );

/** First names of paths that are the gateway's own: the console stands beside them, never above. */
const TAKEN = [
  'api',
  'auth',
  'docs',
  'health',
  'healthz',
  'metrics',
  'oauth',
  'openapi.json',
  'ready',
  'readyz',
  'v1',
  'ws',
];

const BasePath = (): PropertyDecorator =>
  ValidateBy({
    name: 'basePath',
    validator: {
      validate: (value: unknown) =>
        typeof value === 'string' &&
        /^(?:\/|(?:\/[\w~-][\w.~-]*)+\/?)$/.test(value) &&
        !TAKEN.includes(value.split('/')[1]!),
      defaultMessage: () =>
        `must be a path such as "/console", of letters, digits and -, and begin with none of ${TAKEN.join(', ')}`,
    },
  });

/** The console of this gateway, and other web pages that may call it. What is served is decided at the start. */
@Settings('gateway.controlUi')
export class ControlUiSettings {
  /** Whether the console is served. */
  @IsBoolean()
  enabled = true;

  /** The path below which it stands; `/` or one such as `/console`. */
  @BasePath()
  basePath = '/';

  /** Origins of other web pages that may call this gateway, to the letter: scheme, host and port. */
  @IsArray()
  @Origin()
  allowedOrigins: string[] = [];
}

/** Which web pages are the gateway's own: loopback names on our port, the public address, the tailnet name. */
@Injectable()
export class OwnOrigins {
  private local = new Set<string>();
  private listening?: number;
  private tailnet?: string;

  /** Called once the port is known. */
  listensOn(port: number): void {
    this.listening = port;
    const names = ['localhost', '127.0.0.1', '[::1]'];
    this.local = new Set(
      names.flatMap((name) => [new URL(`http://${name}:${port}`).origin, new URL(`https://${name}:${port}`).origin]),
    );
  }

  /** Called when this machine's MagicDNS name is known: `gateway.example.ts.net`. */
  isCalled(tailnetName: string): void {
    this.tailnet = `https://${tailnetName}`;
  }

  /** Where this gateway listens; undefined before it does. */
  get port(): number | undefined {
    return this.listening;
  }

  /** `https://gateway.example.ts.net`, where this machine has such a name. */
  get tailnetOrigin(): string | undefined {
    return this.tailnet;
  }

  /** Whether a page of this Origin header may talk to the gateway. Exact match only (S027). */
  admits(header: string, config: ConfigSnapshot): boolean {
    const origin = canonicalOrigin(header);
    if (origin === undefined) return false;
    return this.local.has(origin) || origin === this.tailnet || config.once(listedOrigins).has(origin);
  }
}

const listedOrigins = (config: ConfigSnapshot): ReadonlySet<string> => {
  const { publicUrl } = config.get(GatewaySettings);
  const listed = config.get(ControlUiSettings).allowedOrigins.map((origin) => canonicalOrigin(origin)!);
  return new Set(publicUrl ? [new URL(publicUrl).origin, ...listed] : listed);
};
