import { Injectable } from '@nestjs/common';
import { DeviceKeys, type ProvedDevice } from '../auth/device-keys.js';
import type { Evidence } from '../auth/evidence.js';
import { whyNotLocal } from '../auth/locality.js';
import { looksLikeDeviceToken } from '../kernel/crypto.js';
import { Refused } from '../kernel/errors.js';
import type { Identity } from '../kernel/identity.js';
import { covers, isScope, narrow, type Scope } from '../kernel/scopes.js';
import { declared } from '../pairing/abilities.js';
import { DeviceTokensService } from '../pairing/device-tokens.service.js';
import { canonicalWord } from '../pairing/device-proof.js';
import { type DeviceRecord, DevicesService } from '../pairing/devices.service.js';
import { PairingSettings } from '../pairing/pairing.settings.js';
import { PairingService } from '../pairing/pairing.service.js';
import type { Applicant } from './connect-attempt.js';
import { DeviceSources } from './device-sources.js';
import { narrowed, roleAsked } from './entry-rules.js';
import type { NodeStanding } from './node-abilities.js';
import { PairingRequired, type PairingReason } from './pairing-required.js';

/** With what a connection goes on, and the token that its device is given with the answer. */
export interface Welcome {
  readonly identity: Identity;
  readonly deviceToken?: string;
  /** Set for a node. */
  readonly node?: NodeStanding;
}

/**
 * Which devices may come in (contract section 5). A client may come without one when its credential alone lets it in; a
 * device that it does show must be good and paired, whatever else it shows.
 */
@Injectable()
export class DeviceGate {
  constructor(
    private readonly keys: DeviceKeys,
    private readonly devices: DevicesService,
    private readonly tokens: DeviceTokensService,
    private readonly pairing: PairingService,
    private readonly sources: DeviceSources,
  ) {}

  /** Throws Refused: PairingRequired with its request, `device_identity_required`, or what is wrong with the device. */
  async pass(identity: Identity, applicant: Applicant): Promise<Welcome> {
    const { evidence } = applicant;
    const asked = narrowed(identity, applicant.params);
    const device = await this.keys.find(evidence);
    if (!device) return { identity: withoutDevice(identity, asked, evidence) };

    const record = await this.paired(device, identity, asked, applicant);
    this.devices.seen(record.id, evidence.source);
    this.sources.remember(evidence.source);
    const limited = { ...asked, deviceId: record.id, scopes: narrow(record.scopes, asked.scopes) };
    return { identity: limited, deviceToken: await this.token(record, limited, evidence) };
  }

  /** The record of a device that may come in as it asks: as it is, or approved in silence for a local caller. */
  private async paired(
    device: ProvedDevice,
    identity: Identity,
    asked: Identity,
    applicant: Applicant,
  ): Promise<DeviceRecord> {
    const { record } = device;
    const wanted = wantedScopes(identity, applicant);
    const why = whyNotYet(device, asked, wanted, applicant);
    if (!why) return record!;

    const { params, evidence } = applicant;
    const { platform, deviceFamily, clientId, clientMode } = evidence.presented.device!.facts;
    const request = await this.pairing.request({
      tenantId: identity.tenantId,
      deviceId: device.id,
      publicKey: device.publicKey,
      displayName: params.client?.displayName,
      platform: platform && canonicalWord(platform),
      deviceFamily: deviceFamily && canonicalWord(deviceFamily),
      clientId,
      clientMode,
      role: asked.role,
      scopes: wanted,
      ...(asked.role === 'node' && { abilities: declared(params) }),
      source: evidence.source,
    });
    // A changed platform is somebody else's machine, perhaps, and who was revoked was so by a person.
    const settled = why !== 'metadata-upgrade' && !record?.revoked;
    if (settled && whyNotLocal(evidence) === undefined) {
      const approved = await this.approveInSilence(request.requestId, identity);
      if (approved) return approved;
    }
    throw new PairingRequired(why, request, record && { roles: record.roles, scopes: record.scopes });
  }

  /** A local caller lets its own device in, with what its credential could grant; else a person decides. */
  private async approveInSilence(requestId: string, identity: Identity): Promise<DeviceRecord | undefined> {
    try {
      return await this.pairing.approveInSilence(requestId, identity);
    } catch (error) {
      if (error instanceof Refused && error.code === 'missing_scope') return undefined;
      throw error;
    }
  }

  /**
   * The token to hand over: the one that was shown while it is good, a fresh one for a device that has none or has lost
   * it. One that came in by another credential and has a token somewhere keeps that one.
   */
  private async token(record: DeviceRecord, { role }: Identity, { presented }: Evidence): Promise<string | undefined> {
    const secret = presented.deviceToken ?? presented.token ?? presented.password ?? presented.setupToken;
    const live = secret === undefined ? undefined : await this.tokens.find(secret);
    if (live?.deviceId === record.id && live.role === role && !live.revoked) return secret;

    // Whoever came by another secret may have its token still: a fresh one would end that.
    const other = presented.deviceToken === undefined && secret !== undefined && !looksLikeDeviceToken(secret);
    return !other || !(await this.tokens.has(record.id, role)) ? this.tokens.issue(record.id, role) : undefined;
  }
}

/** Without a device the credential counts alone. A node always is a device; a token of one role is no way into another. */
function withoutDevice(identity: Identity, asked: Identity, { config }: Evidence): Identity {
  const { deviceId } = identity;
  const needsDevice = asked.role === 'node' || config.get(PairingSettings).required;
  if (needsDevice && deviceId === undefined) throw new Refused('device_identity_required');
  if (deviceId !== undefined && asked.role !== identity.role) {
    throw new Refused('pairing_required', { message: 'pairing required: device is asking for another role' });
  }
  return asked;
}

/** What a person would have to approve before this device may come in as it asks; undefined when nothing. */
function whyNotYet(
  { record, publicKey }: ProvedDevice,
  asked: Identity,
  wanted: readonly Scope[],
  { params, evidence }: Applicant,
): PairingReason | undefined {
  if (!record || record.revoked || record.publicKey !== publicKey) return 'not-paired';
  if (record.tenantId !== asked.tenantId) throw new Refused('conflict', { message: 'this device belongs elsewhere' });

  const role = roleAsked(params);
  if (role && !record.roles.includes(role)) return 'role-upgrade';
  if (wanted.some((scope) => !covers(record.scopes, scope))) return 'scope-upgrade';
  const { platform, deviceFamily } = evidence.presented.device!.facts;
  return changed(record.platform, platform) || changed(record.deviceFamily, deviceFamily)
    ? 'metadata-upgrade'
    : undefined;
}

/**
 * The scopes that the device is asked to have: those that the client names, as far as its credential could carry them.
 * A device that shows nothing but itself may ask for whatever a person will grant.
 */
function wantedScopes({ method, scopes: held }: Identity, { params }: Applicant): readonly Scope[] {
  const named = (params.scopes ?? []).filter(isScope);
  return method === 'device-token' ? named : narrow(held, named);
}

/** Only what was pinned and is now said differently; a client that says nothing changes nothing (S022). */
function changed(pinned: string | null, said: string | undefined): boolean {
  return pinned !== null && said !== undefined && canonicalWord(said) !== pinned;
}
