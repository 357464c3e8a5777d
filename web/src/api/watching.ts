// The typed client of how cameras are watched (design/wire.md, section 7).

import { changing, type ApiClient } from './client';
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

/** As the hub has it, and the ETag of that: what a change of it is sent with. */
export interface KeptWatching {
  watching: Watching;
  /** null where the hub gave none. */
  tag: string | null;
}

/** Why something goes as it goes. `watching.reason.<code>` is its sentence in the catalogue. */
export interface Reason {
  code: string;
  values: Record<string, string | number>;
  /** The hub's own sentence, in English. */
  message: string;
}

/** What is done with a camera's pictures right now. */
export interface WatchState {
  state: 'watching' | 'behind' | 'off' | 'failed' | 'starting' | 'unwatched';
  reason: Reason | null;
  mode: string | null;
  since_us: number;
  dropped: number;
  looks: number;
  /** How listening goes; null: nobody listens. */
  sound?: { state: string; reason: Reason | null } | null;
}

async function kept(answer: Response): Promise<KeptWatching> {
  return { watching: (await answer.json()) as Watching, tag: answer.headers.get('ETag') };
}

export class WatchingClient {
  constructor(private readonly api: Pick<ApiClient, 'get' | 'ask'>) {}

  async read(camera: string): Promise<KeptWatching> {
    return kept(await this.api.ask(`/cameras/${camera}/watching`, { method: 'GET' }));
  }

  /** Only over what has this tag; `changed_meanwhile` where somebody else saved since it was read. */
  async write(camera: string, watching: Watching, tag: string | null): Promise<KeptWatching> {
    const precondition: Record<string, string> = tag === null ? {} : { 'If-Match': tag };
    const answer = await this.api.ask(`/cameras/${camera}/watching`, changing('PUT', watching, precondition));
    // Without a tag the hub did not keep it exactly as it was sent.
    return answer.headers.get('ETag') === null ? this.read(camera) : kept(answer);
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
