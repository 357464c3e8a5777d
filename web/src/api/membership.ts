/** The membership log over HTTP, as `seal/membership.ts` asks for it. */
import type { MembershipAnswer, MembershipSource, SignedEntry } from '../seal/membership';
import type { ApiClient } from './client';

export class MembershipClient implements MembershipSource {
  constructor(private readonly api: Pick<ApiClient, 'get' | 'change'>) {}

  membership(after: number): Promise<MembershipAnswer> {
    return this.api.get(`/membership?after=${after}`);
  }

  witness(newest: SignedEntry & { state: string }): Promise<unknown> {
    return this.api.change('POST', '/membership/witness', newest);
  }
}
