/** Signing in and its factors, with this browser's own keys where the hub asks for them. */
import { AccountClient, type FactorStep, type HalfSignedIn, type SignedIn } from '../api/account';
import type { ApiClient } from '../api/client';
import type { EnrollingDevice } from './model';
import { makePasskey, usePasskey } from './passkeys';

/** What the pages use. `null` from a step: signed in; else a second factor is owed. */
export interface AccountPort {
  readonly client: AccountClient;
  signIn(member: string, passphrase: string, shared: boolean): Promise<HalfSignedIn | null>;
  signInWithPasskey(shared: boolean): Promise<void>;
  giveCode(ticket: string, kind: FactorStep['kind'], code: string): Promise<void>;
  givePasskey(ticket: string): Promise<void>;
  addPasskey(name: string): Promise<void>;
  confirmWithPasskey(): Promise<void>;
}

/** What it needs of the wiring. */
export interface Enrolling {
  /** This browser as the hub will list it. */
  device(): Promise<EnrollingDevice>;
  /** Remember what the hub called it, and the nonce of its proofs. */
  enrolled(signedIn: SignedIn): Promise<void>;
}

export class Account implements AccountPort {
  readonly client: AccountClient;

  constructor(
    api: ApiClient,
    private readonly enrolling: Enrolling,
  ) {
    this.client = new AccountClient(api);
  }

  async signIn(member: string, passphrase: string, shared: boolean): Promise<HalfSignedIn | null> {
    const answer = await this.client.signIn(member, passphrase, await this.enrolling.device(), shared);
    if ('ticket' in answer) return answer;
    await this.enrolling.enrolled(answer);
    return null;
  }

  async signInWithPasskey(shared: boolean): Promise<void> {
    const answer = await usePasskey(await this.client.askPasskey(null));
    await this.enrolling.enrolled(await this.client.signInWithPasskey(answer, await this.enrolling.device(), shared));
  }

  async giveCode(ticket: string, kind: FactorStep['kind'], code: string): Promise<void> {
    await this.enrolling.enrolled(await this.client.giveFactor({ ticket, kind, code }));
  }

  async givePasskey(ticket: string): Promise<void> {
    const passkey = await usePasskey(await this.client.askPasskey(ticket));
    await this.enrolling.enrolled(await this.client.giveFactor({ ticket, kind: 'passkey', passkey }));
  }

  async addPasskey(name: string): Promise<void> {
    await this.client.addPasskey(await makePasskey(await this.client.beginPasskey()), name);
  }

  async confirmWithPasskey(): Promise<void> {
    await this.client.confirm({ passkey: await usePasskey(await this.client.askConfirmation()) });
  }
}
