/** Notifications of a household in this tab only: nothing is sent anywhere. */
import { ApiClient } from '../../api/client';
import { type BrokerServer, type BrokerState, type NoticeChange, type Notifications, NotificationsClient, type PushServices, type PushServicesState } from '../../api/notifications';
import type { World } from './world';

const NEVER = { last_sent_us: null, last_error: '', last_error_us: null };

class MockNotifications extends NotificationsClient {
  private now: Notifications;

  constructor(world: World) {
    super(new ApiClient());
    const at = Date.now() * 1000;
    const phone = { device: 'd'.repeat(32), name: 'Safari on iPhone', this: false, service: 'web.push.apple.com', is_signed_in: true, since_us: at, ...NEVER, last_sent_us: at - 9e8 };
    const tablet = { ...phone, device: 'e'.repeat(32), name: 'Kitchen tablet', service: 'fcm.googleapis.com', last_error: 'push_busy', last_error_us: at - 3e8 };
    this.now = {
      rule: { cameras: null, kinds: ['person', 'package'], quiet: [{ weekdays: [0, 1, 2, 3, 4], start_minute: 1320, end_minute: 420 }], gap_seconds: 60, hourly_max: 20 },
      cameras: world.cameras.map(({ id, name, room }) => ({ id, name, room })),
      kinds: ['person', 'vehicle', 'cat', 'dog', 'package', 'doorbell'],
      push: { on: true, allowed: true, server_key: '', devices: world.scenario === 'trouble' ? [phone, tablet] : [phone] },
      mail: { on: false, address: 'ada@example.org', has_server: true, ...NEVER },
      broker: { server: null, is_connected: false, ...NEVER },
      services: { allowed: true, contact: '', hosts: [], authority_pem: '', contact_default: 'mailto:keepsight@example.org', known: ['fcm.googleapis.com', 'updates.push.services.mozilla.com', 'web.push.apple.com', '*.notify.windows.com'] },
    };
  }

  override read(): Promise<Notifications> {
    return Promise.resolve(structuredClone(this.now));
  }

  override change({ push, mail, cameras, kinds, ...rest }: NoticeChange): Promise<Notifications> {
    const { rule } = this.now;
    Object.assign(rule, rest);
    if (push !== undefined) this.now.push.on = push;
    if (mail !== undefined) this.now.mail.on = mail;
    if (cameras !== undefined) rule.cameras = cameras === 'all' ? null : cameras;
    if (kinds !== undefined) rule.kinds = kinds === 'all' ? null : kinds;
    return this.read();
  }

  override unsubscribe(device: string): Promise<Notifications> {
    this.now.push.devices = this.now.push.devices.filter((one) => one.device !== device);
    return this.read();
  }

  override test(): Promise<void> {
    return Promise.resolve();
  }

  override setBroker(server: BrokerServer): Promise<BrokerState> {
    this.now.broker = { server, is_connected: true, ...NEVER };
    return Promise.resolve(this.now.broker);
  }

  override removeBroker(): Promise<void> {
    this.now.broker = { server: null, is_connected: false, ...NEVER };
    return Promise.resolve();
  }

  override setServices(services: PushServices): Promise<PushServicesState> {
    this.now.services = { ...(this.now.services as PushServicesState), ...services };
    this.now.push.allowed = services.allowed;
    return Promise.resolve(this.now.services);
  }
}

export function mockNotifications(world: World): NotificationsClient {
  return new MockNotifications(world);
}
