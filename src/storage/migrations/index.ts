import { FirstTables0001 } from './0001-first-tables.js';
import { PairingNotices0002 } from './0002-pairing-notices.js';
import { RowSecurity0006 } from './0006-row-security.js';
import { SignIn0003 } from './0003-sign-in.js';
import { OAuth0004 } from './0004-oauth.js';
import { ExternalIdentity0005 } from './0005-external-identity.js';
import { Idempotency0007 } from './0007-idempotency.js';
import { NodeCommands0008 } from './0008-node-commands.js';
import { Credentials0010 } from './0010-credentials.js';
import { Usage0012 } from './0012-usage.js';
import { Sessions0011 } from './0011-sessions.js';
import { AuditHeads0013 } from './0013-audit-heads.js';

/** Every migration, in the order in which they are applied. Only ever appended to. */
export const MIGRATIONS = [
  FirstTables0001,
  PairingNotices0002,
  SignIn0003,
  OAuth0004,
  ExternalIdentity0005,
  RowSecurity0006,
  Idempotency0007,
  NodeCommands0008,
  Credentials0010,
  Sessions0011,
  Usage0012,
  AuditHeads0013,
] as const;
