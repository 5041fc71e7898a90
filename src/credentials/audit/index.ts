import type { AuditPlace } from '../../secrets/audit/scene.js';
import { legacyPlace } from './legacy-place.js';
import { profilePlace } from './profile-place.js';
import { removedAgentsPlace } from './removed-agents-place.js';

/** Where credentials of model providers stand, for the audit of secrets. */
export const CREDENTIAL_PLACES: readonly AuditPlace[] = [
  profilePlace, //       what agents have
  legacyPlace, //        what older versions have left
  removedAgentsPlace, // what removed agents had
];
