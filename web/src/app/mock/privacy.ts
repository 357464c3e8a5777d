/** What is switched off, and one's own data, in this tab only. */
import { type Mine, PrivacyClient } from '../../api/privacy';
import { type Suspension, type SuspensionList, SuspensionsClient, type SuspensionWish } from '../../api/suspensions';
import { ApiClient } from '../../api/client';
import type { Capability } from '../../api/members';
import type { World } from './world';

const HOUR_US = 3_600_000_000;
const NONE = { integration: null, vendor: null, model: null, camera: null, device: null, path: null } as const;

class MockSuspensions extends SuspensionsClient {
  private now: SuspensionList;

  constructor(world: World) {
    super(new ApiClient());
    const at = Date.now() * 1000;
    const by = '1'.padStart(32, '0');
    const recall: Suspension = { ...NONE, suspension: 'a'.repeat(32), integration: '*', capabilities: ['live', 'still'], reason: 'The maker looks into strangers’ pictures', since_us: at - 5 * HOUR_US, until_us: null, by };
    const foreign: Suspension = { ...NONE, suspension: 'b'.repeat(32), path: 'cam.example.org', capabilities: ['live', 'still'], reason: 'a picture of somebody else', since_us: at - HOUR_US, until_us: null, by: 'f'.repeat(32) };
    const old = { ...NONE, suspension: 'c'.repeat(32), vendor: 'Acme', capabilities: [], reason: 'Update pending', since_us: at - 90 * HOUR_US, until_us: null, by, lifted_us: at - 60 * HOUR_US, lifted_by: by };
    this.now = world.scenario === 'trouble' ? { in_force: [foreign, recall], past: [old] } : { in_force: [], past: [] };
  }

  override list(): Promise<SuspensionList> {
    return Promise.resolve(structuredClone(this.now));
  }

  override place(wish: SuspensionWish): Promise<Suspension> {
    const made: Suspension = { ...NONE, ...wish, suspension: crypto.randomUUID().replaceAll('-', ''), since_us: Date.now() * 1000, by: '1'.padStart(32, '0') };
    this.now.in_force.push(made);
    return Promise.resolve(made);
  }

  override lift(id: string): Promise<void> {
    const found = this.now.in_force.find((one) => one.suspension === id);
    this.now.in_force = this.now.in_force.filter((one) => one.suspension !== id);
    if (found !== undefined) this.now.past.unshift({ ...found, lifted_us: Date.now() * 1000, lifted_by: found.by });
    return Promise.resolve();
  }

  override async narrow(id: string, capabilities: Capability[]): Promise<Suspension> {
    const found = this.now.in_force.find((one) => one.suspension === id) as Suspension;
    await this.lift(id);
    const made = { ...found, capabilities, suspension: crypto.randomUUID().replaceAll('-', '') };
    this.now.in_force.push(made);
    return made;
  }
}

const STATEMENT = '# Cameras at Lindenhof\n\nWritten by the camera system itself.\n\n## What the cameras do\n\n- **Hall**: records the picture.\n';
const MINE: Mine = {
  member: { id: '1'.padStart(32, '0'), name: 'Ada', role: 'owner', email: '', created_us: Date.now() * 1000 - 900 * HOUR_US },
  functions: [
    { name: 'account', about: '', count: 1, entries: [{ name: 'Ada' }] },
    { name: 'devices', about: '', count: 2, entries: [{ name: 'Firefox on Linux' }, { name: 'Kitchen tablet' }] },
    { name: 'ledger', about: '', count: 214, entries: [{ count: 214, first_us: Date.now() * 1000 - 900 * HOUR_US, last_us: Date.now() * 1000 }] },
    { name: 'pictures', about: '', count: null, entries: [] },
    { name: 'consents', about: '', count: 1, entries: [{ purpose: 'mail', given: false, at_us: null }] },
  ],
};

class MockPrivacy extends PrivacyClient {
  override mine(): Promise<Mine> {
    return Promise.resolve(MINE);
  }

  override statement(): Promise<string> {
    return Promise.resolve(STATEMENT);
  }

  override egress(): Promise<never[]> {
    return Promise.resolve([]);
  }
}

export function mockSuspensions(world: World): SuspensionsClient {
  return new MockSuspensions(world);
}

export function mockPrivacy(): PrivacyClient {
  return new MockPrivacy(new ApiClient());
}
