import type { SecretAudit } from '../../secrets/audit/audit.js';
import { secretAudit } from '../secret-audit.js';
import type { Check, State } from './check.js';

/** Plain text works, and is what many begin with: doctor counts it, `secrets audit` calls it a finding. */
function stateOf({ status, summary }: SecretAudit): State {
  if (status === 'unresolved') return 'fail';
  if (summary.shadowedRefCount + summary.legacyResidueCount > 0) return 'warn';
  return status === 'unmeasured' ? 'unmeasured' : 'ok';
}

/** How `doorward secrets audit` would end, from the same engine; it shows each finding. */
export const secrets: Check = async ({ world, config }) => {
  if (!config) return [{ code: 'secrets', state: 'unmeasured', evidence: 'the configuration is not valid' }];
  const { audit } = await secretAudit(world);
  const { status, summary, unmeasured } = audit;
  const { plaintextCount, unresolvedRefCount, shadowedRefCount, legacyResidueCount } = summary;
  const evidence =
    status === 'clean'
      ? 'no secret stands in plain text, and every reference leads to one'
      : `${plaintextCount} secrets in plain text, ${unresolvedRefCount} unresolved references, ${shadowedRefCount} shadowed, ${legacyResidueCount} left by older versions, ${unmeasured.length} places not measured`;
  return [
    {
      code: 'secrets',
      state: stateOf(audit),
      evidence,
      ...(status !== 'clean' && { fix: 'see each of them: doorward secrets audit' }),
    },
  ];
};
