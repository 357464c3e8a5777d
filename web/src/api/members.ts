// The typed client of who belongs to the household and what they may see (design/wire.md, section 7).

import type { ApiClient } from './client';
import type { EnrollingDevice } from './types';

export const ROLES = ['owner', 'member', 'guest', 'display'] as const;
export type Role = (typeof ROLES)[number];

export const CAPABILITIES = ['live', 'still', 'playback', 'events', 'talk', 'move', 'shutter', 'export'] as const;
export type Capability = (typeof CAPABILITIES)[number];

/** Days of the week (0 is Monday) and minutes of the day, in the hub's local time. */
export interface Hours {
  weekdays: number[];
  start_minute: number;
  end_minute: number;
}

/** What somebody may do with one camera, or with all (`camera` null). */
export interface GrantWish {
  camera: string | null;
  capabilities: Capability[];
  from_us?: number | null;
  until_us: number | null;
  hours: Hours[];
}

export interface HeldGrant extends GrantWish {
  id: string;
  /** Whether it allows anything right now. */
  holds: boolean;
  granted_by: string;
  from_us: number;
}

export interface MemberDeviceEntry {
  id: string;
  name: string;
  enrolled_us: number;
  last_seen_us: number;
  signed_in: boolean;
}

export interface Member {
  id: string;
  name: string;
  role: Role;
  integration: string;
  created_us: number;
  /** Whether it is the one who asks. */
  this: boolean;
  last_seen_us: number | null;
  grants: HeldGrant[];
  devices: MemberDeviceEntry[];
}

export interface Invite {
  id: string;
  name: string;
  role: Role;
  grants: GrantWish[];
  created_us: number;
  expires_us: number;
}

/** Only the answer that makes an invite has its secret. */
export interface NewInvite extends Invite {
  secret: string;
  url: string;
}

export interface InviteWish {
  name: string;
  role: Role;
  grants: GrantWish[];
}

/** What an invite shows before it is used. */
export interface InviteLook {
  household: { id: string; name: string };
  /** The household's identity, base64: the address of the invite names its fingerprint. */
  public_key: string;
  name: string;
  role: Role;
  needs_passphrase: boolean;
  expires_us: number;
  grants: (GrantWish & { name: string | null })[];
}

export class MembersClient {
  constructor(private readonly api: ApiClient) {}

  members(): Promise<Member[]> {
    return this.api.get('/members');
  }

  change(id: string, change: { name?: string; role?: Role }): Promise<Member> {
    return this.api.change('PATCH', `/members/${id}`, change);
  }

  setGrants(id: string, grants: GrantWish[]): Promise<Member> {
    return this.api.change('PUT', `/members/${id}/grants`, { grants });
  }

  /** @param erases also what the ledger says about them. */
  remove(id: string, erases = false): Promise<void> {
    return this.api.change('DELETE', erases ? `/members/${id}?erase=true` : `/members/${id}`);
  }

  removeDevice(id: string): Promise<void> {
    return this.api.removeDevice(id);
  }

  invites(): Promise<Invite[]> {
    return this.api.get('/invites');
  }

  invite(wish: InviteWish): Promise<NewInvite> {
    return this.api.change('POST', '/invites', wish);
  }

  revoke(id: string): Promise<void> {
    return this.api.change('DELETE', `/invites/${id}`);
  }

  look(secret: string): Promise<InviteLook> {
    return this.api.change('POST', '/invites/look', { secret });
  }

  join(secret: string, passphrase: string | null, device: EnrollingDevice): Promise<{ device_id: string }> {
    const body = passphrase === null ? { secret, device } : { secret, passphrase, device };
    return this.api.change('POST', '/join', body);
  }
}

/** The household of an invite: its id, and its Ed25519 identity in base64. */
export interface InvitedTo {
  readonly household: string;
  readonly identity: string;
}

/** What the pages need: the client, and joining with this browser's own key. */
export interface MembersPort {
  readonly client: MembersClient;
  readonly joining: {
    look(secret: string, fingerprint: string): Promise<InviteLook>;
    join(invited: InvitedTo, secret: string, passphrase: string | null): Promise<void>;
  };
}
