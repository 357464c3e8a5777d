/** The ledger for the pages: what the hub says of it, and what this browser checks for itself. */
import type { Exposed, LedgerClient, LedgerFilter, LedgerPage, LedgerPerson, LedgerVerdict } from '../api/ledger';
import { openDeviceStore } from '../seal/device';
import { type Contact, LedgerWitness, type Memory, type ProvenLine } from '../seal/ledger';

export interface LedgerPort {
  page(before: number | null, limit: number, filter?: LedgerFilter): Promise<LedgerPage>;
  people(): Promise<LedgerPerson[]>;
  cameras(): Promise<{ camera_id: string; name: string }[]>;
  exposed(fromUs: number, toUs: number, filter?: { camera?: string; member?: string }, signal?: AbortSignal): Promise<Exposed>;
  verify(): Promise<LedgerVerdict>;
  accept(): Promise<{ accepted_restore: boolean }>;
  /** Shows the hub what this browser remembers of the household's ledger, and follows it from there. */
  contact(household: string): Promise<Contact>;
  memory(household: string): Promise<Memory | null>;
  prove(household: string, n: number): Promise<ProvenLine>;
  /** A person has looked into an alarm: the next contact goes on from what the hub shows then. */
  forgive(household: string): Promise<void>;
}

export function ledgerPort(client: LedgerClient): LedgerPort {
  const witness = async (household: string) => new LedgerWitness(household, client, await openDeviceStore());
  return {
    page: (before, limit, filter) => client.page(before, limit, filter),
    people: () => client.people(),
    cameras: () => client.cameras(),
    exposed: (fromUs, toUs, filter, signal) => client.exposed(fromUs, toUs, filter, signal),
    verify: () => client.verify(),
    accept: () => client.accept(),
    contact: async (household) => (await witness(household)).contact(),
    memory: async (household) => (await witness(household)).memory(),
    prove: async (household, n) => (await witness(household)).prove(n),
    forgive: async (household) => (await witness(household)).forgive(),
  };
}
