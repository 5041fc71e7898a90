import type { SecretReference } from '../../config/secret-source.js';

export const FINDING_CODES = ['PLAINTEXT_FOUND', 'REF_UNRESOLVED', 'REF_SHADOWED', 'LEGACY_RESIDUE'] as const;
export type FindingCode = (typeof FINDING_CODES)[number];

/** How much it matters: a reference that leads nowhere stops a gateway, the others only stand where they should not. */
// prettier-ignore
export const SEVERITIES: Readonly<Record<FindingCode, 'error' | 'warn' | 'info'>> = {
  PLAINTEXT_FOUND: 'warn',
  REF_UNRESOLVED:  'error',
  REF_SHADOWED:    'warn',
  LEGACY_RESIDUE:  'warn',
};

/** Where something stands: a file, absolute, and the place in it. */
export interface Spot {
  readonly file: string;
  /** Dotted, as people write it: `models.providers.openai.apiKey`; of a variable `$env.NAME`. */
  readonly jsonPath: string;
}

/** One thing to put right. The message never holds a secret. */
export interface AuditFinding extends Spot {
  readonly code: FindingCode;
  readonly severity: 'error' | 'warn' | 'info';
  readonly message: string;
}

/** What nobody looked at, and why: nothing may be called clean because of it (users ask: openclaw #147341). */
export interface Unmeasured extends Spot {
  readonly reason: string;
}

/** A reference that somebody needs. */
export interface FoundReference extends Spot {
  readonly reference: SecretReference;
}

/** What one look came to. */
export interface Looked {
  /** The files that were read. */
  readonly files?: readonly string[];
  readonly findings?: readonly AuditFinding[];
  readonly references?: readonly FoundReference[];
  readonly unmeasured?: readonly Unmeasured[];
}

export const finding = (code: FindingCode, { file, jsonPath }: Spot, message: string): AuditFinding => ({
  code,
  severity: SEVERITIES[code],
  file,
  jsonPath,
  message,
});
