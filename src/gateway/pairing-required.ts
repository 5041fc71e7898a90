import { Refused } from '../kernel/errors.js';
import type { PendingRequest } from '../pairing/pending-requests.js';

/** Why a person has to look at a device. */
export type PairingReason = 'not-paired' | 'role-upgrade' | 'scope-upgrade' | 'metadata-upgrade';

// prettier-ignore
const SENTENCES: Readonly<Record<PairingReason, string>> = {
  'not-paired':       'pairing required: device is not approved yet',
  'role-upgrade':     'pairing required: device is asking for another role',
  'scope-upgrade':    'unauthorized: scope not granted: device is asking for more than it was approved for',
  'metadata-upgrade': 'pairing required: device identity changed (platform or family)',
};

/** A device that waits for a person, with the id of its request. A scope that is missing is never called pairing. */
export class PairingRequired extends Refused {
  constructor(
    readonly why: PairingReason,
    readonly request: PendingRequest,
    readonly approved?: { readonly roles: readonly string[]; readonly scopes: readonly string[] },
  ) {
    const message = `${SENTENCES[why]} (requestId: ${request.requestId})`;
    super(why === 'scope-upgrade' ? 'scope_not_granted' : 'pairing_required', { message });
  }

  /** What clients of the family show to the person in front of them (reference B.6). */
  get details(): Readonly<Record<string, unknown>> {
    const { requestId, deviceId, role, scopes, code } = this.request;
    return {
      code: this.why === 'scope-upgrade' ? 'SCOPE_NOT_GRANTED' : 'PAIRING_REQUIRED',
      reason: this.why,
      authReason: this.why === 'not-paired' ? 'device_unknown' : this.code,
      requestId,
      deviceId,
      requestedRole: role,
      requestedScopes: scopes,
      pairingCode: code,
      remediationHint: `approve it on the gateway: doorward devices approve ${requestId}`,
      ...(this.approved && { approvedRoles: this.approved.roles, approvedScopes: this.approved.scopes }),
    };
  }
}
