/**
 * Joining with this browser's own key. The invite came another way than the hub's answers, and names
 * the household's identity: it is pinned here, so that the first contact is not taken on trust.
 */
import type { InvitedTo, InviteLook, MembersClient, MembersPort } from '../api/members';
import type { DeviceKey } from '../seal/device';
import { fromBase64, toHex } from '../seal/encoding';
import type { MembershipGuard } from '../seal/membership';
import type { EnrollingDevice } from './model';

const FINGERPRINT_BYTES = 16;

/** The invite is of another household than the hub that answers. */
export class StrangeHubError extends Error {
  override readonly name = 'StrangeHubError';
}

/** The first bytes of the key's SHA-256, as the address of an invite has them after `key=`. */
export async function fingerprintOf(identity: string): Promise<string> {
  const digest = await crypto.subtle.digest('SHA-256', fromBase64(identity));
  return toHex(new Uint8Array(digest).subarray(0, FINGERPRINT_BYTES));
}

type Joins = MembersPort['joining'];

interface Parts {
  readonly client: Pick<MembersClient, 'look' | 'join'>;
  readonly device: Pick<DeviceKey, 'rememberId'>;
  /** This browser, as it enrols in a household. */
  readonly enrolling: (household: string) => Promise<EnrollingDevice>;
  readonly guardOf: (household: string) => Pick<MembershipGuard, 'recognise' | 'pin'>;
}

export class Joining implements Joins {
  constructor(private readonly parts: Parts) {}

  /**
   * What an invite is for. Nothing is kept yet: somebody may only be looking.
   * @throws StrangeHubError the hub does not have the key that the invite names.
   * @throws MembershipError bad_key this browser knows the household by another identity.
   * @throws ApiError the invite opens nothing, or the hub does not answer.
   */
  async look(secret: string, fingerprint: string): Promise<InviteLook> {
    const found = await this.parts.client.look(secret);
    if ((await fingerprintOf(found.public_key)) !== fingerprint) throw new StrangeHubError();
    await this.parts.guardOf(found.household.id).recognise(found.public_key);
    return found;
  }

  /**
   * Pins the identity, and only then sends the passphrase.
   * @throws MembershipError bad_key this browser knows the household by another identity.
   * @throws ApiError
   */
  async join(invited: InvitedTo, secret: string, passphrase: string | null): Promise<void> {
    await this.parts.guardOf(invited.household).pin(invited.identity);
    const device = await this.parts.enrolling(invited.household);
    const { device_id } = await this.parts.client.join(secret, passphrase, device);
    // Under the invite's household, whatever the hub says from here on: a session of another is ended.
    await this.parts.device.rememberId(invited.household, device_id);
  }
}
