import {
  IsBoolean,
  IsIn,
  IsInt,
  IsNumber,
  IsOptional,
  IsString,
  IsUUID,
  Length,
  Matches,
  Max,
  Min,
} from 'class-validator';
import { FamilyFields } from './family-fields.js';
import { NullMatters } from './quick-check.js';

const NAME = /^[^\p{Cc}\p{Cf}\p{Zl}\p{Zp}\p{Cs}]{1,128}$/u;
const LABEL = { message: 'must be 1 to 128 characters without control characters' };

/** The most that one answer lists. */
const MOST_LISTED = 1000;

@FamilyFields(`
  source rowMode sortBy requireLastInteraction activeOnly activityPulseBoundaries includeGlobal
  includeUnknown includeDerivedTitles includeLastMessage includeActivitySummary excludeSubagents excludeCron
  excludeSystem excludeDock configuredAgentsOnly pinned boardFace hasBoard creatorId ownerId
  ownerFirst involvingMe involvingProfileId spawnedBy includePeople includeOwnerSessionCounts projectId
  workspaceDir group profileRelation
`)
export class ListParams {
  @IsOptional()
  @IsInt()
  @Min(1)
  @Max(MOST_LISTED)
  limit?: number;

  /** How many are passed over: `nextOffset` of the page before. */
  @IsOptional()
  @IsInt()
  @Min(0)
  @Max(1_000_000)
  offset?: number;

  /** None is ever archived here: true lists none. */
  @IsOptional()
  @IsIn([true, false, 'all'])
  archived?: boolean | 'all';

  /** Used within so many minutes. */
  @IsOptional()
  @IsInt()
  @Min(1)
  @Max(10_000_000)
  activeMinutes?: number;

  @IsOptional()
  @Matches(NAME, LABEL)
  label?: string;

  @IsOptional()
  @Matches(/^[a-z0-9][a-z0-9_-]{0,63}$/i, { message: 'must be the id of an agent' })
  agentId?: string;

  /** Part of a key or of a label. */
  @IsOptional()
  @Matches(NAME, LABEL)
  search?: string;
}

class KeyParams {
  @IsString()
  @Length(1, 600)
  key: string;

  @IsOptional()
  @IsString()
  @Length(1, 64)
  agentId?: string;
}

/** Null takes a choice back; what is left out stays. */
@NullMatters()
@FamilyFields(`
  expectedLifecycleRevision expectedPermissionMode expectedToolOverrides expectedMarkedUnreadAt
  expectedSandboxMode expectedNativeRuntimeConsent autoLabel boardPresentation sandboxMode nativeRuntimeConsent
  agentRuntime completionOwnerSessionKey inheritedToolPolicyVersion inheritedToolAllow inheritedToolDeny icon color
  category boardFace statusNote attention ttlMinutes archived pinned unread contextWindow thinkingLevel
  fastMode toolOverrides verboseLevel traceLevel reasoningLevel responseUsage elevatedLevel execHost
  execSecurity execAsk execNode permissionMode sendPolicy groupActivation spawnedBy spawnDepth spawnToolPolicy
`)
export class PatchParams extends KeyParams {
  @IsOptional()
  @Matches(NAME, LABEL)
  label?: string | null;

  /** `provider/model`, an alias, or either with `@<profile>`. */
  @IsOptional()
  @IsString()
  @Length(1, 512)
  model?: string | null;

  @IsOptional()
  @IsString()
  @Length(1, 256)
  profile?: string | null;

  /** Changes nothing if the session was begun anew since. */
  @IsOptional()
  @IsUUID()
  expectedSessionId?: string;
}

@FamilyFields('expectedLifecycleRevision emitLifecycleHooks')
export class DeleteParams extends KeyParams {
  /** The family's: what was said always goes with the session. */
  @IsOptional()
  @IsBoolean()
  deleteTranscript?: boolean;

  /** Takes nothing away that is not archived; no session ever is. */
  @IsOptional()
  @IsBoolean()
  archivedOnly?: boolean;

  /** Takes nothing away if the session was begun anew since. */
  @IsOptional()
  @IsUUID()
  expectedSessionId?: string;

  /** Takes nothing away if the session was used since: `updatedAt` of the list. */
  @IsOptional()
  @IsNumber()
  @Min(0)
  expectedSessionUpdatedAt?: number;
}

export class ResetParams extends KeyParams {
  @IsOptional()
  @IsIn(['new', 'reset'])
  reason?: 'new' | 'reset';

  /** Takes nothing away if the session was begun anew since. */
  @IsOptional()
  @IsUUID()
  expectedSessionId?: string;
}
