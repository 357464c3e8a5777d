// The typed client of what is stored about oneself and of what the household tells everybody
// (design/wire.md, section 7).

import type { Contact } from './account';
import type { ApiClient } from './client';

export interface Consent {
  purpose: string;
  given: boolean;
  at_us: number | null;
}

/** One part of the hub and what it has stored about a member; `count` is null where that cannot be known. */
export interface StoredFunction {
  name: string;
  about: string;
  count: number | null;
  entries: Record<string, unknown>[];
}

export interface Mine {
  member: { id: string; name: string; role: string; email: string; created_us: number };
  functions: StoredFunction[];
}

export interface Correction {
  name: string;
  email: string;
  /** A PIN was sent to the new address; it is used once the PIN came back. */
  pin_sent: boolean;
}

export class PrivacyClient {
  constructor(private readonly api: Pick<ApiClient, 'get' | 'change' | 'ask'>) {}

  mine(): Promise<Mine> {
    return this.api.get('/privacy/mine');
  }

  async copy(): Promise<Blob> {
    return (await this.api.ask('/privacy/mine/export', { method: 'GET' })).blob();
  }

  correct(change: { name?: string; email?: string }): Promise<Correction> {
    return this.api.change('PATCH', '/privacy/mine', change);
  }

  /** @param name one's own, typed again. */
  deleteMine(name: string): Promise<void> {
    return this.api.change('DELETE', '/privacy/mine', { name });
  }

  say(purpose: string, given: boolean): Promise<Consent[]> {
    return this.api.change('POST', '/privacy/consents', { purpose, given });
  }

  async statement(language: string): Promise<string> {
    return (await this.api.get<{ text: string }>(`/privacy/statement?language=${language}`)).text;
  }

  egress(): Promise<Contact[]> {
    return this.api.get('/privacy/egress');
  }

  removeHost({ purpose, host, port }: Contact): Promise<Contact[]> {
    return this.api.change('DELETE', '/privacy/egress', { purpose, host, port });
  }
}
