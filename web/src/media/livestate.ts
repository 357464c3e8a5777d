// What a live tile says about itself. Pure: facts in, one word and an age out.

import type { StreamState } from '../api/types';
import type { Reason } from '../seal/open';

/** Older than this, a picture is not called live. Cameras with smart codecs send 1 picture a second. */
export const STALE_SECONDS = 4;
/** A refusal stays on screen at least this long, so that a mixture of good and bad is noticed. */
export const REFUSED_MS_MIN = 3000;

export type PictureState =
  | 'connecting'
  | 'live'
  | 'stale'
  | 'refused'
  | 'undecodable'
  | 'offline'
  /** Switched off by the household: never said by the player itself. */
  | 'suspended'
  | Exclude<StreamState, 'running'>;

export interface LiveReport {
  readonly state: PictureState;
  /** Age of the picture on screen; null while there is none. */
  readonly ageSeconds: number | null;
  /** A refusal's reason; `codec` when main cannot be decoded; `forbidden` when not permitted. */
  readonly reason: Reason | 'codec' | 'forbidden' | null;
  /** The stream on screen. */
  readonly stream: 'main' | 'sub';
  /** Main was asked for, sub is shown: this browser cannot decode main. */
  readonly isSubstitute: boolean;
  /** The network carries single pictures only. */
  readonly isStills: boolean;
  readonly width: number;
  readonly height: number;
}

/** What the player knows. */
export interface LiveFacts {
  readonly nowUs: number;
  readonly nowMs: number;
  /** When the picture on screen was taken; null while there is none. */
  readonly shownUs: number | null;
  readonly refused: { readonly reason: Reason; readonly atMs: number } | null;
  readonly isUndecodable: boolean;
  readonly isForbidden: boolean;
  readonly isConnected: boolean;
  /** When the connection was lost or the player opened. */
  readonly waitingSinceMs: number;
  readonly cameraState: StreamState | null;
  readonly isStills: boolean;
}

const OFFLINE_MS = 4000;

export function ageSecondsOf(facts: LiveFacts): number | null {
  return facts.shownUs === null ? null : Math.max(0, (facts.nowUs - facts.shownUs) / 1e6);
}

/** The state of a tile. The order is the order of importance. */
export function pictureState(facts: LiveFacts): PictureState {
  if (facts.refused !== null) return 'refused';
  if (facts.isForbidden) return 'refused';
  if (facts.isUndecodable) return 'undecodable';
  const age = ageSecondsOf(facts);
  if (age !== null && age <= STALE_SECONDS && !facts.isStills) return 'live';
  if (!facts.isConnected && !facts.isStills && facts.nowMs - facts.waitingSinceMs > OFFLINE_MS) {
    return 'offline';
  }
  if (facts.cameraState !== null && !['running', 'starting'].includes(facts.cameraState)) {
    return facts.cameraState as Exclude<StreamState, 'running'>;
  }
  if (age !== null) return 'stale';
  return facts.cameraState === 'starting' ? 'starting' : 'connecting';
}

/** The whole report of a tile. */
export function reportOf(
  facts: LiveFacts,
  shown: Pick<LiveReport, 'stream' | 'isSubstitute' | 'width' | 'height'>,
): LiveReport {
  let reason: LiveReport['reason'] = facts.isUndecodable || shown.isSubstitute ? 'codec' : null;
  if (facts.isForbidden) reason = 'forbidden';
  if (facts.refused !== null) ({ reason } = facts.refused);
  const { isStills } = facts;
  return { ...shown, state: pictureState(facts), ageSeconds: ageSecondsOf(facts), reason, isStills };
}

/** Tells a tile's report when it changed, and each second as its picture grows older. */
export class Reporter {
  #said = '';

  constructor(private readonly report: (report: LiveReport) => void) {}

  say(facts: LiveFacts, shown: Parameters<typeof reportOf>[1]): void {
    const report = reportOf(facts, shown);
    const said = JSON.stringify({ ...report, ageSeconds: Math.floor(report.ageSeconds ?? -1) });
    if (said === this.#said) return;
    this.#said = said;
    this.report(report);
  }
}

export type StreamChoice = 'auto' | 'main' | 'sub';

/** A container at least this wide, in device pixels, gets the main stream. */
const MAIN_PIXELS = 1000;

/** What decides which stream a tile shows. */
export interface StreamFacts {
  readonly choice: StreamChoice;
  readonly canMain: boolean;
  /** There is one, and this browser decodes it. */
  readonly canSub: boolean;
  /** This machine is too slow for main. */
  readonly isOverwhelmed: boolean;
  /** Width of the tile, in device pixels. */
  readonly pixels: number;
}

/** Which stream to show; main where there is nothing else, so that its problem is what is said. */
export function wantedStream(facts: StreamFacts): 'main' | 'sub' {
  if (!facts.canSub) return 'main';
  if (!facts.canMain || facts.choice === 'sub') return 'sub';
  if (facts.choice === 'main') return 'main';
  return facts.pixels >= MAIN_PIXELS && !facts.isOverwhelmed ? 'main' : 'sub';
}
