/** Members that exist in this tab only. */
import { type GrantWish, type Invite, type InviteLook, type InviteWish, type Member, MembersClient, type NewInvite } from '../../api/members';
import { ApiClient } from '../../api/client';
import type { MembersPort } from '../../api/members';
import type { World } from './world';

const HOUR_US = 3_600_000_000;

function made(number: number, name: string, more: Partial<Member>): Member {
  const now = Date.now() * 1000;
  return {
    id: number.toString(16).padStart(32, '0'),
    name,
    role: 'member',
    integration: '',
    created_us: now - (100 - number) * 24 * HOUR_US,
    this: false,
    last_seen_us: now - number * HOUR_US,
    grants: [],
    devices: [{ id: (number + 50).toString(16).padStart(32, '0'), name: 'Firefox on Android', enrolled_us: now, last_seen_us: now - HOUR_US, signed_in: true }],
    ...more,
  };
}

function held(wish: GrantWish, number: number): Member['grants'][number] {
  const now = Date.now() * 1000;
  return { ...wish, id: number.toString(16).padStart(32, '0'), from_us: now - HOUR_US, holds: wish.until_us === null || wish.until_us > now, granted_by: '0'.repeat(32) };
}

class MockMembers extends MembersClient {
  private list: Member[];
  private openInvites: Invite[] = [];

  constructor(world: World) {
    super(new ApiClient());
    const now = Date.now() * 1000;
    const [first = null, second = null] = world.cameras.map((camera) => camera.id);
    const some: GrantWish[] = [first, second].map((camera) => ({ camera, capabilities: ['live', 'still'], until_us: now + 50 * HOUR_US, hours: [{ weekdays: [0, 1, 2, 3, 4], start_minute: 480, end_minute: 1020 }] }));
    const all: GrantWish = { camera: null, capabilities: ['live', 'still', 'playback', 'export'], until_us: null, hours: [] };
    this.list = [
      made(1, 'Ada', { role: 'owner', this: true }),
      made(2, 'Ben', { grants: [held(all, 70)] }),
      made(3, 'Gwen', { role: 'guest', grants: some.map((wish, index) => held(wish, 71 + index)) }),
      made(4, 'Kim', { role: 'guest', grants: [held({ ...all, camera: first, until_us: now - HOUR_US }, 75)], devices: [] }),
    ];
  }

  override members(): Promise<Member[]> {
    return Promise.resolve(this.list);
  }

  override change(id: string, change: { name?: string; role?: Member['role'] }): Promise<Member> {
    this.list = this.list.map((member) => (member.id === id ? { ...member, ...change } : member));
    return Promise.resolve(this.list.find((member) => member.id === id) as Member);
  }

  override setGrants(id: string, grants: GrantWish[]): Promise<Member> {
    const next = grants.map((wish, index) => held(wish, 80 + index));
    this.list = this.list.map((member) => (member.id === id ? { ...member, grants: next } : member));
    return Promise.resolve(this.list.find((member) => member.id === id) as Member);
  }

  override remove(id: string): Promise<void> {
    this.list = this.list.filter((member) => member.id !== id);
    return Promise.resolve();
  }

  override removeDevice(id: string): Promise<void> {
    this.list = this.list.map((member) => ({ ...member, devices: member.devices.filter((device) => device.id !== id) }));
    return Promise.resolve();
  }

  override invites(): Promise<Invite[]> {
    return Promise.resolve(this.openInvites);
  }

  override invite(wish: InviteWish): Promise<NewInvite> {
    const now = Date.now() * 1000;
    const invite = { ...wish, id: '9'.repeat(32), created_us: now, expires_us: now + 24 * HOUR_US };
    this.openInvites = [invite, ...this.openInvites];
    return Promise.resolve({ ...invite, secret: 'mock', url: `${location.origin}/join#secret=mock&key=mock` });
  }

  override revoke(id: string): Promise<void> {
    this.openInvites = this.openInvites.filter((invite) => invite.id !== id);
    return Promise.resolve();
  }

  override look(): Promise<InviteLook> {
    return Promise.reject(new Error('nobody is invited here'));
  }
}

export function mockMembers(world: World): MembersPort {
  const client = new MockMembers(world);
  return { client, joining: { look: () => client.look(), join: () => Promise.resolve() } };
}
