/** How the command line asks for a gateway. */
export interface BootOptions {
  /** Settings from flags by dotted path: `{ 'gateway.port': 8080 }`. */
  readonly overrides: Readonly<Record<string, unknown>>;
  /** Log each decision. */
  readonly verbose: boolean;
  /** What the log shows beside its file: lines for people on stderr, or JSON lines on stdout. */
  readonly terminal: 'pretty' | 'json' | 'none';
  readonly colour: boolean;
  readonly environment: Readonly<Record<string, string | undefined>>;
}

/** A gateway that listens. */
export interface RunningGateway {
  readonly url: string;
  /** The active methods, in order. */
  readonly chain: readonly string[];
  /** The database in use, in words. */
  readonly database: string;
  readonly console?: string;
  /** What the first owner signs up with, while nobody has. */
  readonly setupCode?: string;
  readonly warnings: readonly string[];
  /** Settles when it has stopped, for whatever reason. */
  readonly closed: Promise<void>;
  close(): Promise<void>;
}

/** Rejects with ConfigError for a wrong configuration, and with the system's error for a port that is taken. */
export type Boot = (options: BootOptions) => Promise<RunningGateway>;
