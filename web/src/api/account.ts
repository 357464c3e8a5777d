// The typed client of what proves who somebody is: steps of signing in, factors, sessions, mail, PINs
// (design/wire.md, section 7).

import type { ApiClient } from './client';
import type { EnrollingDevice } from './types';

export type FactorKind = 'passkey' | 'totp' | 'recovery_code' | 'email_pin';

/** The passphrase was right; a second factor is owed. */
export interface HalfSignedIn {
  ticket: string;
  factors: FactorKind[];
}

export interface SignedIn {
  device_id: string;
}

/** A challenge in the JSON form of WebAuthn level 3. */
export interface PasskeyQuestion {
  challenge: string;
  options: Record<string, unknown>;
}

export interface PasskeyAnswer {
  challenge: string;
  answer: Record<string, unknown>;
}

export interface Passkey {
  id: string;
  name: string;
  rp_id: string;
  is_synced: boolean;
  created_us: number;
  last_used_us: number | null;
  /** Made under the name by which this page is open. */
  here: boolean;
}

export interface Factors {
  passkeys: Passkey[];
  totp_since_us: number | null;
  recovery_codes_left: number;
  email: string;
  mail: boolean;
  /** The name passkeys made here would belong to; null where browsers make none. */
  passkey_name: string | null;
  passphrase_length_min: number;
}

export interface SessionEntry {
  id: string;
  device: string;
  factor: string;
  path: string;
  created_us: number;
  last_seen_us: number;
  shared: boolean;
  this: boolean;
}

export interface MailServer {
  host: string;
  port: number;
  security: 'tls' | 'starttls';
  user: string;
  sender: string;
  authority_pem: string;
}

export interface MailState {
  server: MailServer | null;
  last_error: string;
}

export interface Contact {
  purpose: string;
  host: string;
  port: number;
  is_allowed: boolean;
  first_us: number | null;
  last_us: number | null;
  count: number;
}

export interface FactorStep {
  ticket: string;
  kind: FactorKind;
  code?: string;
  passkey?: PasskeyAnswer;
}

export interface ResetStep {
  ticket: string;
  kind: 'recovery_code' | 'email_pin';
  code: string;
  passphrase: string;
}

export class AccountClient {
  constructor(private readonly api: Pick<ApiClient, 'get' | 'change'>) {}

  // signing in

  signIn(member: string, passphrase: string, device: EnrollingDevice, shared: boolean): Promise<SignedIn | HalfSignedIn> {
    return this.api.change('POST', '/session', { member, passphrase, device, shared });
  }

  askPasskey(ticket: string | null): Promise<PasskeyQuestion> {
    return this.api.change('POST', '/session/passkey/options', ticket === null ? {} : { ticket });
  }

  signInWithPasskey(answer: PasskeyAnswer, device: EnrollingDevice, shared: boolean): Promise<SignedIn> {
    return this.api.change('POST', '/session/passkey', { ...answer, device, shared });
  }

  mailPin(ticket: string): Promise<{ to: string }> {
    return this.api.change('POST', '/session/factor/mail', { ticket });
  }

  giveFactor(step: FactorStep): Promise<SignedIn> {
    return this.api.change('POST', '/session/factor', step);
  }

  forgot(member: string): Promise<{ ticket: string; email: boolean }> {
    return this.api.change('POST', '/session/forgot', { member });
  }

  mailForgotten(ticket: string): Promise<void> {
    return this.api.change('POST', '/session/forgot/mail', { ticket });
  }

  reset(step: ResetStep): Promise<void> {
    return this.api.change('POST', '/session/forgot/reset', step);
  }

  // the signed-in member

  askConfirmation(): Promise<PasskeyQuestion> {
    return this.api.change('POST', '/session/confirm/options', {});
  }

  confirm(proof: { passphrase: string } | { passkey: PasskeyAnswer }): Promise<void> {
    return this.api.change('POST', '/session/confirm', proof);
  }

  changePassphrase(current: string, passphrase: string): Promise<void> {
    return this.api.change('POST', '/session/passphrase', { current, passphrase });
  }

  sessions(): Promise<SessionEntry[]> {
    return this.api.get('/sessions');
  }

  endSession(id: string): Promise<void> {
    return this.api.change('DELETE', `/sessions/${id}`);
  }

  endOtherSessions(): Promise<void> {
    return this.api.change('DELETE', '/sessions');
  }

  // factors

  factors(): Promise<Factors> {
    return this.api.get('/factors');
  }

  beginPasskey(): Promise<PasskeyQuestion> {
    return this.api.change('POST', '/factors/passkeys/options', {});
  }

  addPasskey(answer: PasskeyAnswer, name: string): Promise<void> {
    return this.api.change('POST', '/factors/passkeys', { ...answer, name });
  }

  renamePasskey(id: string, name: string): Promise<void> {
    return this.api.change('PATCH', `/factors/passkeys/${id}`, { name });
  }

  removePasskey(id: string, passphrase: string): Promise<void> {
    return this.api.change('POST', `/factors/passkeys/${id}/removal`, { passphrase });
  }

  beginTotp(): Promise<{ secret: string; uri: string }> {
    return this.api.change('POST', '/factors/totp', {});
  }

  confirmTotp(code: string): Promise<void> {
    return this.api.change('POST', '/factors/totp/confirmation', { code });
  }

  removeTotp(passphrase: string): Promise<void> {
    return this.api.change('POST', '/factors/totp/removal', { passphrase });
  }

  async renewCodes(): Promise<string[]> {
    return (await this.api.change<{ codes: string[] }>('POST', '/factors/recovery-codes', {})).codes;
  }

  setEmail(email: string): Promise<void> {
    return this.api.change('POST', '/factors/email', { email });
  }

  confirmEmail(code: string): Promise<void> {
    return this.api.change('POST', '/factors/email/confirmation', { code });
  }

  removeEmail(): Promise<void> {
    return this.api.change('DELETE', '/factors/email');
  }

  // mail and the outside

  mail(): Promise<MailState> {
    return this.api.get('/mail');
  }

  /** An empty password keeps the one that is stored. */
  setMail(server: MailServer, password: string): Promise<void> {
    return this.api.change('PUT', '/mail', { ...server, password });
  }

  removeMail(): Promise<void> {
    return this.api.change('DELETE', '/mail');
  }

  testMail(to: string): Promise<void> {
    return this.api.change('POST', '/mail/test', { to });
  }

  egress(): Promise<Contact[]> {
    return this.api.get('/egress');
  }

  // PINs of cameras and displays

  setCameraPin(camera: string, pin: string, everywhere: boolean): Promise<void> {
    return this.api.change('PUT', `/cameras/${camera}/pin`, { pin, everywhere });
  }

  removeCameraPin(camera: string): Promise<void> {
    return this.api.change('DELETE', `/cameras/${camera}/pin`);
  }

  giveCameraPin(camera: string, pin: string): Promise<void> {
    return this.api.change('POST', `/cameras/${camera}/pin`, { pin });
  }

  setDisplayPin(member: string, pin: string): Promise<void> {
    return this.api.change('PUT', `/members/${member}/pin`, { pin });
  }

  removeDisplayPin(member: string): Promise<void> {
    return this.api.change('DELETE', `/members/${member}/pin`);
  }

  giveDisplayPin(pin: string): Promise<void> {
    return this.api.change('POST', '/session/pin', { pin });
  }
}
