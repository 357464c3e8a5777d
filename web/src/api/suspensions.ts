// The typed client of what is switched off (design/wire.md, section 7).

import type { ApiClient } from './client';
import type { Capability } from './members';

/** Who switched it off: a member's id, or one of these. */
export const BY_COMMAND_LINE = '0'.repeat(32);
export const BY_HUB = 'f'.repeat(32);

export interface SuspensionWish {
  reason: string;
  integration?: string;
  vendor?: string;
  model?: string;
  camera?: string;
  capabilities: Capability[];
  until_us: number | null;
}

/** Holds for whatever matches every field that is not null; no capabilities means all of them. */
export interface Suspension {
  suspension: string;
  integration: string | null;
  vendor: string | null;
  model: string | null;
  camera: string | null;
  device: string | null;
  path: string | null;
  capabilities: Capability[];
  reason: string;
  since_us: number;
  until_us: number | null;
  by: string;
}

export interface PastSuspension extends Suspension {
  lifted_us: number;
  lifted_by: string;
}

export interface SuspensionList {
  in_force: Suspension[];
  /** For owners only. */
  past: PastSuspension[];
}

export class SuspensionsClient {
  constructor(private readonly api: Pick<ApiClient, 'get' | 'change'>) {}

  list(): Promise<SuspensionList> {
    return this.api.get('/suspensions');
  }

  place(wish: SuspensionWish): Promise<Suspension> {
    return this.api.change('POST', '/suspensions', wish);
  }

  lift(id: string): Promise<void> {
    return this.api.change('DELETE', `/suspensions/${id}`);
  }

  /** Brings everything back but these. */
  narrow(id: string, capabilities: Capability[]): Promise<Suspension> {
    return this.api.change('POST', `/suspensions/${id}/narrow`, { capabilities });
  }
}
