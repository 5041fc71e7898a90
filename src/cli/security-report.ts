import type { ModeFix, SecurityFinding, Severity } from '../config/security-check.js';
import type { SecretAudit } from '../secrets/audit/audit.js';
import type { World } from './command.js';
import { secretAudit } from './secret-audit.js';

/** What a security audit found, worst first. */
export interface SecurityReport {
  /** Whether nothing was found that should be changed. */
  readonly ok: boolean;
  readonly summary: Readonly<Record<Severity, number>>;
  readonly findings: readonly SecurityFinding[];
  /** What nobody could look at, and why. */
  readonly unmeasured: readonly string[];
}

export interface SecurityOptions {
  /** Asks the running gateway as well. */
  readonly deep: boolean;
  /** Whether programs that keep secrets may be run. */
  readonly allowExec: boolean;
}

/** What the running gateway says of itself. */
export interface DeepLook {
  readonly findings: readonly SecurityFinding[];
  readonly unmeasured: readonly string[];
}

const RANK: Readonly<Record<Severity, number>> = { critical: 0, warn: 1, info: 2 };

/** Looks at the configuration, its files and its secrets; at the running gateway on demand. Throws ConfigError. */
export async function securityReport(
  world: World,
  options: SecurityOptions,
  look?: () => Promise<DeepLook>,
): Promise<SecurityReport> {
  const [parts, { loadConfig }, { Environment }, { lenientSecrets }] = await Promise.all([
    world.gatewayParts(),
    import('../config/load.js'),
    import('../config/environment.js'),
    import('../secrets/audit/lenient-secrets.js'),
  ]);
  const { settings, securityChecks } = parts;
  const { audit, followed } = await secretAudit(world, options);
  const secrets = lenientSecrets(followed);
  const loaded = await loadConfig({ ...parts, env: new Environment(world.environment), secrets });
  const deep = look ? await look() : { findings: [], unmeasured: [] };
  const findings = [
    ...securityChecks.flatMap((check) => check({ loaded, settings })),
    ...secretFindings(audit),
    ...deep.findings,
  ].toSorted((a, b) => RANK[a.severity] - RANK[b.severity]);
  return reportOf(findings, [
    ...audit.unmeasured.map(({ file, jsonPath, reason }) => `${file} ${jsonPath}: ${reason}`),
    ...deep.unmeasured,
  ]);
}

/** The same report without findings that were put right. */
export function without(report: SecurityReport, fixed: readonly ModeFix[]): SecurityReport {
  return reportOf(
    report.findings.filter(({ fix }) => !fix || !fixed.includes(fix)),
    report.unmeasured,
  );
}

function reportOf(findings: readonly SecurityFinding[], unmeasured: readonly string[]): SecurityReport {
  const count = (severity: Severity): number => findings.filter((one) => one.severity === severity).length;
  const summary = { critical: count('critical'), warn: count('warn'), info: count('info') };
  return { ok: summary.critical + summary.warn === 0, summary, findings, unmeasured };
}

/** The engine of `secrets audit`, in few words: both say the same. */
function secretFindings({ summary, findings }: SecretAudit): SecurityFinding[] {
  const where = (code: string): string => {
    const places = findings.filter((one) => one.code === code).map(({ file, jsonPath }) => `${jsonPath} in ${file}`);
    const rest = places.length > 3 ? ` and ${places.length - 3} more` : '';
    return places.slice(0, 3).join(', ') + rest;
  };
  const rows: (readonly [number, SecurityFinding])[] = [
    [
      summary.unresolvedRefCount,
      {
        code: 'unresolved_secrets',
        severity: 'critical',
        title: 'References to secrets lead nowhere, and would keep the gateway from starting',
        evidence: where('REF_UNRESOLVED'),
        remedy: 'see why: doorward secrets audit',
      },
    ],
    [
      summary.plaintextCount,
      {
        code: 'plaintext_secrets',
        severity: 'warn',
        title: 'Secrets stand in files in plain text',
        evidence: where('PLAINTEXT_FOUND'),
        remedy: 'move them: doorward secrets configure',
      },
    ],
    [
      summary.legacyResidueCount,
      {
        code: 'legacy_secrets',
        severity: 'warn',
        title: 'Secrets are left in files that nobody looks after any more',
        evidence: where('LEGACY_RESIDUE'),
        remedy: 'see what they are (doorward secrets audit), then remove them',
      },
    ],
    [
      summary.shadowedRefCount,
      {
        code: 'shadowed_secrets',
        severity: 'info',
        title: 'References to secrets are not followed, since something else is stronger',
        evidence: where('REF_SHADOWED'),
        remedy: 'keep one of the two',
      },
    ],
  ];
  return rows.flatMap(([count, finding]) => (count > 0 ? [finding] : []));
}
