import type { Identity } from '../kernel/identity.js';
import { ConnectedDevices } from '../pairing/connected-devices.js';
import { DeviceTokensService } from '../pairing/device-tokens.service.js';
import { DevicesService } from '../pairing/devices.service.js';
import { mayReceive } from '../pairing/grant-rules.js';
import { PairingService } from '../pairing/pairing.service.js';
import {
  ApproveParams,
  DeviceParams,
  DeviceTokenParams,
  RenameParams,
  RequestParams,
  RotateParams,
} from './pairing.params.js';
import { deviceView, pendingView } from './pairing.views.js';
import { Method, RpcGateway } from './rpc.js';

/** How many devices one list shows; REST has pages. */
const MOST_LISTED = 1000;

/** Devices over the wire. Who may do what to which is decided in the domain: it is the same by every way in (S088). */
@RpcGateway()
export class PairingGateway {
  constructor(
    private readonly pairing: PairingService,
    private readonly devices: DevicesService,
    private readonly tokens: DeviceTokensService,
    private readonly connected: ConnectedDevices,
  ) {}

  @Method('device.pair.list', { scope: 'operator.pairing', summary: 'Devices that wait, and those that were let in.' })
  async list(_params: unknown, caller: Identity): Promise<object> {
    const paired = await this.devices.list(caller, MOST_LISTED);
    const ids = paired.map(({ id }) => id);
    const [tokens, connected] = await Promise.all([this.tokens.summaries(ids, caller), this.connected.among(ids)]);
    const pending = await this.pairing.pending(caller);
    return {
      pending: pending.map(pendingView),
      paired: paired.map((device) => {
        const { id } = device;
        const now = { tokens: tokens.get(id), connected: connected.get(id), self: id === caller.deviceId };
        return deviceView(device, now);
      }),
    };
  }

  @Method('device.pair.approve', {
    scope: 'operator.pairing',
    params: ApproveParams,
    summary: 'Lets a device in; it alone is handed its token.',
  })
  async approve({ requestId, scopes }: ApproveParams, caller: Identity): Promise<object> {
    const device = await this.pairing.approve(requestId, caller, scopes);
    const connected = (await this.connected.among([device.id])).get(device.id);
    return { requestId, device: deviceView(device, { connected, self: device.id === caller.deviceId }) };
  }

  @Method('device.pair.reject', { scope: 'operator.pairing', params: RequestParams, summary: 'Turns a device away.' })
  async reject({ requestId }: RequestParams, caller: Identity): Promise<object> {
    return { requestId, deviceId: (await this.pairing.reject(requestId, caller)).deviceId };
  }

  @Method('device.pair.remove', {
    scope: 'operator.pairing',
    params: DeviceParams,
    summary: 'Takes a device out of service, with its tokens and sockets.',
  })
  async remove({ deviceId }: DeviceParams, caller: Identity): Promise<object> {
    await this.devices.remove(deviceId, caller);
    return { deviceId };
  }

  @Method('device.pair.rename', { scope: 'operator.pairing', params: RenameParams, summary: 'Names a device.' })
  async rename({ deviceId, label }: RenameParams, caller: Identity): Promise<object> {
    await this.devices.rename(deviceId, label, caller);
    return { deviceId, label };
  }

  @Method('device.token.rotate', {
    scope: 'public',
    params: RotateParams,
    summary:
      'Replaces the token of a device: its own, or with operator.pairing another one. Shown to the device alone.',
  })
  async rotate(params: RotateParams, caller: Identity): Promise<object> {
    const rotated = await this.tokens.rotate(params, caller);
    const { deviceId, role, scopes, rotatedAt, token } = rotated;
    const shown = { deviceId, role, scopes, rotatedAtMs: rotatedAt.getTime() };
    return mayReceive(caller, rotated)
      ? { ...shown, token, tokenDelivery: 'in-band' }
      : { ...shown, tokenDelivery: 'withheld' };
  }

  @Method('device.token.revoke', {
    scope: 'public',
    params: DeviceTokenParams,
    summary: 'Ends the token of a device in a role: its own, or with operator.pairing another one.',
  })
  async revoke({ deviceId, role }: DeviceTokenParams, caller: Identity): Promise<object> {
    const revoked = await this.tokens.revoke(deviceId, role, caller);
    return { deviceId, role: revoked.role, revokedAtMs: revoked.revokedAt.getTime() };
  }
}
