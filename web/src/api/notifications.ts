// The typed client of what a member wants to be told, and by which channel (design/wire.md, section 10).

import type { ApiClient } from './client';
import type { Hours } from './members';

export type Channel = 'push' | 'mail' | 'broker';

/** How it went the last time. */
export interface Outcome {
  last_sent_us: number | null;
  /** Empty: it went well. */
  last_error: string;
  last_error_us: number | null;
}

export interface NoticeRule {
  /** null: every camera whose events one may see. */
  cameras: string[] | null;
  kinds: string[] | null;
  quiet: Hours[];
  gap_seconds: number;
  hourly_max: number;
}

export interface WokenDevice extends Outcome {
  device: string;
  name: string;
  this: boolean;
  service: string;
  is_signed_in: boolean;
  since_us: number;
}

export interface BrokerServer {
  host: string;
  port: number;
  security: 'tls' | 'none';
  user: string;
  authority_pem: string;
  has_discovery: boolean;
}

export interface BrokerState extends Outcome {
  server: BrokerServer | null;
  is_connected: boolean;
}

export interface PushServices {
  allowed: boolean;
  contact: string;
  hosts: string[];
  authority_pem: string;
}

export interface PushServicesState extends PushServices {
  contact_default: string;
  known: string[];
}

export interface Notifications {
  rule: NoticeRule;
  cameras: { id: string; name: string; room: string }[];
  kinds: string[];
  push: { on: boolean; allowed: boolean; server_key: string; devices: WokenDevice[] };
  mail: Outcome & { on: boolean; address: string; has_server: boolean };
  /** Owners only. */
  broker: BrokerState | null;
  services: PushServicesState | null;
}

/** What is left out stays. */
export interface NoticeChange {
  push?: boolean;
  mail?: boolean;
  cameras?: string[] | 'all';
  kinds?: string[] | 'all';
  quiet?: Hours[];
  gap_seconds?: number;
  hourly_max?: number;
}

export class NotificationsClient {
  constructor(private readonly api: Pick<ApiClient, 'get' | 'change'>) {}

  read(): Promise<Notifications> {
    return this.api.get('/notices');
  }

  change(change: NoticeChange): Promise<Notifications> {
    return this.api.change('PATCH', '/notices', change);
  }

  subscribe(subscription: PushSubscriptionJSON): Promise<Notifications> {
    return this.api.change('POST', '/notices/push', { endpoint: subscription.endpoint, keys: subscription.keys });
  }

  unsubscribe(device: string): Promise<Notifications> {
    return this.api.change('DELETE', `/notices/push/${device}`);
  }

  test(channel: Channel): Promise<void> {
    return this.api.change('POST', '/notices/test', { channel });
  }

  setBroker(server: BrokerServer, password: string): Promise<BrokerState> {
    return this.api.change('PUT', '/notices/broker', { ...server, password });
  }

  removeBroker(): Promise<void> {
    return this.api.change('DELETE', '/notices/broker');
  }

  setServices(services: PushServices): Promise<PushServicesState> {
    return this.api.change('PUT', '/notices/services', services);
  }
}
