// The typed client of how cameras are watched (design/wire.md, section 7).

import type { ApiClient } from './client';
import type { Hours } from './members';

export const SEEN_KINDS = ['person', 'vehicle', 'cat', 'dog', 'package'] as const;
export const HEARD_KINDS = ['speech', 'cry', 'scream', 'alarm', 'glass', 'bark', 'doorbell', 'knock'] as const;
/** The hub's own limits (hub/watching.py). */
export const LIMITS = { points: 64, polygons: 32, name: 64, hours: 32, cooldownSeconds: 86_400 } as const;
export const MODEL_NONE = 'none';
export const OWN_MODEL = 'own:';

/** Shares of the picture, 0..1, from the top left. */
export type Point = [x: number, y: number];
export type Polygon = Point[];

export interface Zone {
  name: string;
  points: Polygon;
  /** Empty: all that are watched for. */
  kinds: string[];
}

export interface Watching {
  is_on: boolean;
  /** Name of a model, `none`, or `own:<file>`. */
  model: string;
  kinds: string[];
  /** null: the model's own. */
  person_confidence: number | null;
  /** Share of the picture. */
  min_area: number;
  cooldown_seconds: number;
  zones: Zone[];
  masks: Polygon[];
  privacy_masks: Polygon[];
  hours: Hours[];
  sounds: string[];
}

export interface KnownModel {
  name: string;
  role: 'detector' | 'sound' | 'faces';
  size_bytes: number;
  state: 'installed' | 'missing' | 'broken';
  is_default: boolean;
  /** The command that gets it, on the hub's machine. */
  install: string;
}

export interface OwnModel {
  name: string;
  has_labels: boolean;
  /** Empty where its labels are inside the file. */
  kinds: string[];
}

export interface Models {
  models: KnownModel[];
  own: OwnModel[];
  /** On the hub's machine. */
  own_folder: string;
}

/** What is done with a camera's pictures right now. */
export interface WatchState {
  state: 'watching' | 'behind' | 'off' | 'failed' | 'starting' | 'unwatched';
  reason: string | null;
  mode: string | null;
  since_us: number;
  dropped: number;
  looks: number;
  /** How listening goes; null: nobody listens. */
  sound?: { state: string; reason: string | null } | null;
}

export class WatchingClient {
  constructor(private readonly api: Pick<ApiClient, 'get' | 'change'>) {}

  read(camera: string): Promise<Watching> {
    return this.api.get(`/cameras/${camera}/watching`);
  }

  write(camera: string, watching: Watching): Promise<Watching> {
    return this.api.change('PUT', `/cameras/${camera}/watching`, watching);
  }

  models(): Promise<Models> {
    return this.api.get('/models');
  }

  /** null where the hub says nothing about it. */
  async state(camera: string): Promise<WatchState | null> {
    const found = await this.api.get<{ watching_state?: WatchState | null }>(`/cameras/${camera}`);
    return found.watching_state ?? null;
  }
}
