import type { ProbeResult } from '../credentials/status/probe.js';
import type { Health } from '../credentials/status/profile-health.js';
import type { ProfileHealthView, ProviderAuthView, StatusView } from '../credentials/status/status-view.js';
import { age } from './age.js';
import { table } from './table.js';
import { type Terminal, word } from './terminal.js';

const STYLES = { ok: 'green', static: 'green', expiring: 'yellow', expired: 'red', missing: 'red' } as const;

// prettier-ignore
const VERDICTS: Readonly<Record<StatusView['verdict'], string>> = {
  ok:       'All credentials are good.',
  expiring: 'A credential ends within 24 hours: sign in again soon.',
  expired:  'A credential has expired: sign in again (doorward models auth login --provider <provider>).',
  missing:  'A credential is missing.',
};

/** One credential of whatever kind. */
interface Row {
  readonly health: Health;
  readonly provider: string;
  readonly profile: string;
  readonly kind: string;
  readonly expires: string;
  readonly block: string;
  readonly detail: string;
}

/** The status as one screen. */
export function statusLines(view: StatusView, now: number, terminal: Pick<Terminal, 'paint'>): string[] {
  const rows = rowsOf(view, now);
  const head: (readonly [string, string])[] = [
    ['Agent', word(view.agent)],
    ['Model', [word(view.defaultModel) || 'none', ...view.fallbacks.map(word)].join(', then ')],
    ...(view.auth.storePath === undefined ? [] : [['Profiles', word(view.auth.storePath)] as const]),
  ];
  const cells = rows.map((row) => [
    row.health,
    row.provider,
    row.profile,
    row.kind,
    row.expires,
    row.block,
    row.detail,
  ]);
  const [headings, ...lines] = table(
    ['HEALTH', 'PROVIDER', 'PROFILE', 'KIND', 'EXPIRES', 'BLOCK', 'NOTE'],
    cells,
  ).split('\n');
  const painted = lines.map((line, index) => {
    const { health } = rows[index]!;
    return terminal.paint(STYLES[health], line.slice(0, health.length)) + line.slice(health.length);
  });
  const verdict = view.problem === undefined ? VERDICTS[view.verdict] : word(view.problem);
  const style = view.verdict === 'ok' ? 'green' : view.verdict === 'expiring' ? 'yellow' : 'red';
  return [
    ...head.map(([name, value]) => `${name.padEnd(8)}  ${value}`),
    ...(rows.length === 0 ? [] : ['', headings!, ...painted]),
    '',
    terminal.paint(style, verdict),
  ];
}

/** Provider, profile, kind, health, end, block: divided by tabs, without headings. */
export function plainLines(view: StatusView): string[] {
  return rowsOf(view, undefined).map(({ health, provider, profile, kind, expires, block }) =>
    [provider, profile, kind, health, expires || '-', block || '-'].join('\t'),
  );
}

export function probeTable(probes: readonly ProbeResult[]): string {
  const rows = probes.map(({ profileId, model, status, reasonCode, latencyMs, error }) => [
    reasonCode === undefined ? status : 'not asked',
    word(profileId),
    word(model),
    latencyMs === undefined ? '' : `${latencyMs} ms`,
    word(reasonCode ?? error),
  ]);
  return rows.length === 0 ? 'No profile to probe.' : table(['PROBE', 'PROFILE', 'MODEL', 'TOOK', 'WHY'], rows);
}

function rowsOf({ auth }: StatusView, now: number | undefined): Row[] {
  return auth.providers.flatMap((provider) => {
    const profiles = auth.oauth.profiles.filter((profile) => profile.provider === provider.provider);
    const unusable = auth.unusableProfiles;
    return [
      ...profiles.map((profile) => profileRow(profile, unusable, now)),
      ...sourceRows(provider, profiles.length > 0),
    ];
  });
}

function profileRow(
  { profileId = '(hidden)', provider, type, status, expiresAt, detail = '' }: ProfileHealthView,
  unusable: StatusView['auth']['unusableProfiles'],
  now: number | undefined,
): Row {
  const block = unusable.find((one) => one.profileId === profileId);
  return {
    health: status,
    provider: word(provider),
    profile: word(profileId),
    kind: type === 'api_key' ? 'api key' : type === 'oauth' ? 'login' : 'token',
    expires: expiresAt === undefined ? '' : endOf(expiresAt, now),
    block: block ? `${block.kind} (${word(block.reason)}), ${age(block.remainingMs)} left` : '',
    detail: word(detail),
  };
}

function endOf(expiresAt: number, now: number | undefined): string {
  if (now === undefined) return new Date(expiresAt).toISOString();
  return expiresAt > now ? `in ${age(expiresAt - now)}` : `${age(now - expiresAt)} ago`;
}

/** What opens a provider beside its profiles; they stand before it. */
function sourceRows({ provider, effective, env, inUse }: ProviderAuthView, hasProfile: boolean): Row[] {
  const row = (health: Health, profile: string, kind: string, detail = ''): Row => ({
    health,
    provider: word(provider),
    profile: word(profile),
    kind,
    expires: '',
    block: '',
    detail,
  });
  const beaten = effective.kind === 'profiles' ? 'a profile stands before it' : '';
  const variables = (env?.variables ?? []).map((name) => row('static', name, 'variable', beaten));
  if (effective.kind === 'config') return [...variables, row('static', effective.detail, 'api key')];
  if (effective.kind === 'keyless') return [...variables, row('static', '', 'none', effective.detail)];
  if (effective.kind === 'missing' && inUse && !hasProfile) {
    return [row('missing', '', '', `needed: ${effective.detail}`)];
  }
  return variables;
}
