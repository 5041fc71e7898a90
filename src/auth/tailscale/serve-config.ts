/** What `tailscale serve status --json` prints; only what we look at. Absent fields are empty. */
export interface ServeConfig {
  /** By "name:port", then by path. */
  readonly Web?: Readonly<
    Record<string, { readonly Handlers?: Readonly<Record<string, { readonly Proxy?: string }>> }>
  >;
  readonly AllowFunnel?: Readonly<Record<string, boolean>>;
}

export interface Published {
  /** Where requests for `/` go; undefined for something that is no proxy, such as a file. */
  readonly target: string | undefined;
  readonly funnel: boolean;
}

/** What this machine publishes at `https://<its name>:<port>/`, or undefined when nothing. */
export function publishedAt(config: ServeConfig | null, port: number): Published | undefined {
  const site = Object.entries(config?.Web ?? {}).find(([name]) => name.endsWith(`:${port}`));
  const root = site?.[1].Handlers?.['/'];
  return site && root && { target: root.Proxy, funnel: config?.AllowFunnel?.[site[0]] === true };
}
