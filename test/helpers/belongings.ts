import { randomBytes, randomUUID } from 'node:crypto';
import { AuditService } from '../../src/audit/audit.service.js';
import { InvitationsService } from '../../src/accounts/invitations.service.js';
import { UserSessionsService } from '../../src/accounts/user-sessions.service.js';
import type { Session } from '../../src/chat/sessions/session.js';
import { SessionsService } from '../../src/chat/sessions/sessions.service.js';
import type { Identity } from '../../src/kernel/identity.js';
import { ALL_SCOPES } from '../../src/kernel/scopes.js';
import { ClaimsService } from '../../src/pairing/claims.service.js';
import { DeviceTokensService } from '../../src/pairing/device-tokens.service.js';
import { InvitesService } from '../../src/pairing/invites.service.js';
import { PairingService } from '../../src/pairing/pairing.service.js';
import { HOUSE, type TestGateway } from './gateway.js';
import { askToPair } from './pairing.js';
import { newPerson, newTenant, type Person } from './tenants.js';
import { World } from './world.js';

/** One of each kind of thing that a tenant has, by the names under which a caller could ask for it. */
export interface Belongings {
  readonly tenantId: string;
  readonly userId: string;
  readonly email: string;
  readonly sessionId: string;
  readonly accessToken: string;
  readonly refreshToken: string;
  readonly tokenId: string;
  readonly token: string;
  readonly invitationId: string;
  readonly deviceId: string;
  readonly deviceToken: string;
  readonly nodeId: string;
  readonly nodeToken: string;
  readonly waitingId: string;
  readonly waitingNodeId: string;
  readonly claimSecret: string;
  readonly setupToken: string;
  readonly decisionId: string;
  readonly budgetId: string;
  readonly budgetName: string;
  /** Of its first row in the audit. */
  readonly auditPlace: string;
  /** A conversation by the name that its owner gave it, and by its id. */
  readonly chatKey: string;
  readonly chatId: string;
}

/** A tenant that has some of everything. */
export interface Household {
  readonly things: Belongings;
  readonly owner: Person;
  /** What its people call things. */
  readonly words: readonly string[];
}

/** Fills a new tenant. */
export async function household(world: World, gateway: TestGateway): Promise<Household> {
  const words = [`tenant ${randomUUID()}`, `phone ${randomUUID()}`] as const;
  const tenantId = await newTenant(world, words[0]);
  const owner = await newPerson(world, tenantId, 'owner');
  const member = await newPerson(world, tenantId, 'member');
  const caller = { ...HOUSE, tenantId, subject: owner.userId, scopes: ALL_SCOPES };
  const session = await world
    .get(UserSessionsService)
    .start({ id: member.userId, tenantId, email: member.email, role: 'member' }, { method: 'password' });

  const device = await askToPair(world, { tenantId });
  await world.get(PairingService).approve(device.requestId, caller);
  const nodeId = `node-${randomUUID()}`;
  const node = await world.get(ClaimsService).request({ tenantId, deviceId: nodeId, role: 'node', source: nodeId });
  await world.get(PairingService).approve(node.request.requestId, caller);
  const waiting = await askToPair(world, { tenantId, displayName: words[1] });
  const waitingNode = await world
    .get(ClaimsService)
    .request({ tenantId, deviceId: `node-${randomUUID()}`, role: 'node', source: randomUUID() });
  const invitation = await world
    .get(InvitationsService)
    .create({ email: `asked-${randomUUID()}@example.com`, role: 'member' }, { caller, tenantId });
  const setup = await world.get(InvitesService).create({ role: 'operator' }, caller);
  const budgetName = `user:${member.email}:day`;
  const budget = await gateway.call(`/api/v1/budgets/${encodeURIComponent(budgetName)}`, {
    method: 'PUT',
    headers: owner.headers,
    body: { tokens: 123_456_789 },
  });
  await world.rows(
    `INSERT INTO model_usage (tenant_id, hour, user_key, device_id, agent, session_key, provider, model,
                              calls, unpriced, input_tokens, cached_tokens, output_tokens, cost)
     VALUES ($1, date_trunc('hour', now()), $2, $3, 'main', '', 'openai', 'gpt', 1, 0, 1, 0, 1, 1)`,
    [tenantId, member.userId, device.deviceId],
  );
  const decision = await gateway.get('/api/v1/whoami', owner.headers);
  const deviceTokens = world.get(DeviceTokensService);
  const chat = await conversation(world, { ...caller, userId: member.userId }, words[1]);

  return {
    owner,
    words,
    things: {
      tenantId,
      userId: member.userId,
      email: member.email,
      sessionId: session.sessionId,
      accessToken: session.tokens.accessToken,
      refreshToken: session.tokens.refreshToken,
      tokenId: member.id,
      token: member.token,
      invitationId: invitation.id,
      deviceId: device.deviceId,
      deviceToken: await deviceTokens.issue(device.deviceId, 'operator'),
      nodeId,
      nodeToken: await deviceTokens.issue(nodeId, 'node'),
      waitingId: waiting.requestId,
      waitingNodeId: waitingNode.request.requestId,
      claimSecret: waitingNode.claimSecret,
      setupToken: setup.token,
      decisionId: decision.headers['x-request-id'] as string,
      budgetId: budget.body.id as string,
      budgetName,
      auditPlace: `${tenantId}.1`,
      chatKey: chat.key,
      chatId: chat.id,
    },
  };
}

/** Something that was said. */
async function conversation(world: World, caller: Identity, text: string): Promise<Session> {
  const sessions = world.get(SessionsService);
  const session = await sessions.begin(caller, { sessionKey: `talk-${randomUUID()}` });
  await sessions.add(session, { runId: randomUUID(), role: 'user', kind: 'message', said: { text } });
  return session;
}

/** Names of the same form that never were anything. */
export function nothing(): Belongings {
  const device = (): string => `dwd_${randomBytes(32).toString('base64url')}`;
  return {
    tenantId: randomUUID(),
    userId: randomUUID(),
    email: `member-${randomUUID()}@example.com`,
    sessionId: randomUUID(),
    accessToken: 'eyJhbGciOiJFUzI1NiJ9.e30.c2lnbmF0dXJl',
    refreshToken: `dwr_${randomBytes(32).toString('base64url')}`,
    tokenId: randomUUID(),
    token: randomBytes(32).toString('hex'),
    invitationId: randomUUID(),
    deviceId: randomBytes(32).toString('hex'),
    deviceToken: device(),
    nodeId: `node-${randomUUID()}`,
    nodeToken: device(),
    waitingId: randomUUID(),
    waitingNodeId: randomUUID(),
    claimSecret: randomBytes(32).toString('base64url'),
    setupToken: `dwi_${randomBytes(32).toString('base64url')}`,
    decisionId: randomUUID(),
    chatKey: `talk-${randomUUID()}`,
    chatId: randomUUID(),
    budgetId: randomUUID(),
    budgetName: `user:member-${randomUUID()}@example.com:day`,
    auditPlace: `${randomUUID()}.1`,
  };
}

/** Every row of a tenant, in every table that has tenants, as one text; noted rows of the audit are written before. */
export async function rowsOf(world: World, tenantId: string): Promise<string> {
  await world.get(AuditService).flush();
  const tables = await world.rows<{ name: string }>(
    `SELECT DISTINCT table_name AS name FROM information_schema.columns
      WHERE table_schema = 'public' AND column_name = 'tenant_id' ORDER BY 1`,
  );
  const dump = await Promise.all(
    tables.map(async ({ name }) => ({
      name,
      rows: await world.rows(`SELECT to_jsonb(t) AS row FROM ${name} t WHERE tenant_id = $1 ORDER BY 1`, [tenantId]),
    })),
  );
  const [tenant] = await world.rows('SELECT * FROM tenants WHERE id = $1', [tenantId]);
  return JSON.stringify({ tenant, dump }, null, 1);
}
