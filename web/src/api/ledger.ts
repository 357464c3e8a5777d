// The typed client of the ledger (design/wire.md, section "Ledger").

import type { OpenedPart } from '../seal/leaf';
import type { LedgerProblem, LedgerSource } from '../seal/ledger';
import type { ApiClient } from './client';

export type LedgerLine = Record<string, unknown> & { n: number; type: string; at_us: number };

export interface LedgerPage {
  lines: LedgerLine[];
  /** Where to go on; null: that was all. A page may be empty although there is more. */
  next_before: number | null;
  /** Last known names of members, devices and cameras by id. */
  names: Record<string, string>;
  intact: boolean;
  count: number;
  rolled_back: boolean;
}

export interface LedgerFilter {
  types?: readonly string[];
  camera?: string;
  member?: string;
}

/** Windows without a gap between them whose keys one device was given. */
export interface Stretch {
  member: string | null;
  member_id: string | null;
  /** The same for all lines about one person, also after they were erased. */
  subject: string;
  role: string;
  integration: string;
  device: string | null;
  device_id: string | null;
  camera: string;
  camera_id: string;
  stream: string;
  purpose: string;
  from_us: number;
  to_us: number | null;
  releases: number;
  first_n: number;
  last_n: number;
}

export interface Exposed {
  from: number;
  to: number;
  checkpoint: { size: number; root: string; note: string };
  counts: { releases: number; stretches: number };
  stretches: Stretch[];
}

export interface LedgerPerson {
  member_id: string;
  name: string;
  role: string;
  integration: string;
}

export interface LedgerVerdict {
  intact: boolean;
  broken_at: number | null;
  lines: number;
  problem: string;
  checkpoints: number;
  signed_lines: number;
}

type Query = Record<string, string | number | boolean | readonly string[] | undefined>;

function query(path: string, parts: Query): string {
  const parameters = new URLSearchParams();
  for (const [name, value] of Object.entries(parts)) {
    if (value === undefined) continue;
    for (const one of Array.isArray(value) ? value : [value]) parameters.append(name, String(one));
  }
  return `${path}?${parameters}`;
}

export class LedgerClient implements LedgerSource {
  constructor(private readonly api: ApiClient) {}

  page(before: number | null, limit: number, filter: LedgerFilter = {}): Promise<LedgerPage> {
    const { types, camera, member } = filter;
    return this.api.get(query('/ledger', { before: before ?? undefined, limit, type: types, camera, member }));
  }

  people(): Promise<LedgerPerson[]> {
    return this.api.get('/ledger/people');
  }

  cameras(): Promise<{ camera_id: string; name: string }[]> {
    return this.api.get('/ledger/cameras');
  }

  exposed(fromUs: number, toUs: number, filter: { camera?: string; member?: string } = {}, signal?: AbortSignal): Promise<Exposed> {
    return this.api.get(query('/ledger/exposed', { from: Math.floor(fromUs), to: Math.ceil(toUs), brief: true, ...filter }), signal);
  }

  /** Has the hub read its whole ledger again. */
  verify(): Promise<LedgerVerdict> {
    return this.api.change('POST', '/ledger/verify', {});
  }

  /** The owner has looked into a restored backup or an alarm. */
  accept(): Promise<{ accepted_restore: boolean }> {
    return this.api.change('POST', '/ledger/accept', {});
  }

  checkpoint(): Promise<{ checkpoint: string; public_key: string }> {
    return this.api.get('/ledger/checkpoint');
  }

  proof(from: number, to: number): Promise<{ proof: string[] }> {
    return this.api.get(query('/ledger/proof', { from, to }));
  }

  inclusion(n: number, size: number): Promise<{ leaf: string; proof: string[]; opened: (OpenedPart | null)[] }> {
    return this.api.get(query('/ledger/inclusion', { n, size }));
  }

  witness(checkpoint: string, problem: LedgerProblem | null): Promise<{ standing: 'held' | 'restored' | 'rolled_back' }> {
    return this.api.change('POST', '/ledger/witness', { checkpoint, problem });
  }
}
