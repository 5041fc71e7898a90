/**
 * Top-level sections of the family that this version does not read: its own of other products, and those of work still
 * to come. They never stop a start, and none of them is taken for a misspelt section of ours.
 */
// prettier-ignore
export const FAMILY_SECTIONS: readonly string[] = [
  // still to come
  'accounts', 'logging', 
  // other parts of the family
  'acp', 'agent', 'approvals', 'audio', 'bindings', 'broadcast', 'browser', 'canvasHost', 'channels', 'cli', 'commands',
  'cron', 'diagnostics', 'discovery', 'hooks', 'identity', 'mcp', 'media', 'memory', 'messages', 'meta', 'nodeHost',
  'plugins', 'routing', 'session', 'sessions', 'skills', 'talk', 'tools', 'ui', 'update', 'web', 'wizard',
];

/** Says which schema an editor should use; nothing to read, and nothing to report. */
export const SCHEMA_KEY = '$schema';

/**
 * Keys inside sections of ours that the family knows and this version does not use: a warning, not an error. A last
 * `*` stands for anything below. What a settings class declares wins over this table.
 */
export const FAMILY_KEYS: readonly string[] = [
  'gateway.auth.allowTailscale',
  'gateway.auth.rateLimit.exemptLoopback',
  'gateway.auth.trustedProxy.allowLoopback',
  'gateway.channelHealthCheckMinutes',
  'gateway.controlUi.allowExternalEmbedUrls',
  'gateway.controlUi.allowInsecureAuth',
  'gateway.controlUi.allowedOrigins',
  'gateway.controlUi.basePath',
  'gateway.controlUi.dangerouslyAllowHostHeaderOriginFallback',
  'gateway.controlUi.dangerouslyDisableDeviceAuth',
  'gateway.controlUi.enabled',
  'gateway.controlUi.root',
  'gateway.http.endpoints.*',
  'gateway.http.securityHeaders.strictTransportSecurity',
  'gateway.nodes.*',
  'gateway.push.*',
  'gateway.reload.debounceMs',
  'gateway.reload.mode',
  'gateway.remote.*',
  'gateway.tailscale.resetOnExit',
  'gateway.tls.autoGenerate',
  'gateway.tls.caPath',
  'gateway.tls.certPath',
  'gateway.tls.enabled',
  'gateway.tls.keyPath',
  'gateway.tools.allow',
  'gateway.tools.deny',
  'gateway.webchat.*',
];
