// The typed client of the household's master key: its epoch, and the recovery kit (design/wire.md, section 7).

import type { ApiClient } from './client';

export interface Epoch {
  epoch: number;
  started_us: number;
  /** When the next one begins by itself. */
  due_us: number;
  /** Whether the recovery kit on disk is written anew with each epoch. */
  kit_follows: boolean;
}

/** Shown once and kept nowhere: the age identity to print, and the file that it opens, base64. */
export interface RecoveryKit {
  identity: string;
  file: string;
}

export class KeysClient {
  constructor(private readonly api: Pick<ApiClient, 'get' | 'change'>) {}

  epoch(): Promise<Epoch> {
    return this.api.get('/epochs');
  }

  beginEpoch(): Promise<Epoch> {
    return this.api.change('POST', '/epochs', { reason: 'suspected_loss' });
  }

  /** Wants a recent proof of who asks. */
  replaceKit(): Promise<RecoveryKit> {
    return this.api.change('POST', '/recovery-kit');
  }
}
