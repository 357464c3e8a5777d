// Builds the media engine of one signed-in session: one socket, one keyring, one loudspeaker. Read it first.

import { ApiError, type ApiClient } from '../api/client';
import type { Camera, ExportJob, KeysAnswer, KeysRequest, Session, StreamName } from '../api/types';
import type { DeviceKey } from '../seal/device';
import { EventPictures } from './eventpictures';
import { exportBlob, saveToFile } from './exporting';
import { Keyring } from './keyring';
import { LivePlayer } from './live';
import type { LiveReport, StreamChoice } from './livestate';
import { type PlaybackReport, PlaybackPlayer } from './playback';
import { MsePlaybackPlayer } from './playbackmse';
import type { PlayClock } from './playclock';
import { Film } from './film';
import { Lru } from './lru';
import { Refusals } from './refusals';
import { LiveSocket, liveUrl, type SocketEnd } from './socket';
import { Speaker } from './sound';
import type { Trust } from './trust';

/** How long after a failed look at the streams' names it is tried again. */
const RENEW_RETRY_MS = 1000;
/** Not more often than this. */
const RENEW_PAUSE_MS = 300;
/** Cameras whose thumbnails are remembered. */
const FILMS_MAX = 8;

export interface EngineParts {
  readonly api: ApiClient;
  readonly device: DeviceKey;
  readonly session: Session;
  /** Looks at the household's signed membership log; no key is used against its word. */
  readonly trust: Trust;
  /** The door ended the session. */
  readonly ended?: (why: SocketEnd) => void;
}

export class Engine {
  readonly refusals: Refusals;
  readonly #api: ApiClient;
  readonly #keyring: Keyring;
  readonly #trust: Trust;
  readonly #socket: LiveSocket;
  readonly #speaker = new Speaker();
  readonly #films = new Lru<string, Film>(FILMS_MAX, (old) => old.close());
  readonly #noticed: EventPictures;
  readonly #nowUs: () => number;
  /** The door's name of every stream that somebody looked at, by camera and stream. */
  readonly #names = new Map<string, string>();
  #looking: Promise<void> | null = null;
  #renewal: ReturnType<typeof setTimeout> | null = null;
  #renewedMs = Number.NEGATIVE_INFINITY;
  #isClosed = false;

  constructor(parts: EngineParts) {
    const { api, device, session } = parts;
    this.#trust = parts.trust;
    this.#api = api;
    this.#nowUs = () => api.clock.nowUs();
    this.#keyring = new Keyring({
      household: session.household.id,
      deviceId: session.device_id,
      device,
      ask: (request) => this.#ask(request),
      nowUs: this.#nowUs,
    });
    api.nameNow = (opaque) => this.#socket.nameNow(opaque);
    this.refusals = new Refusals((report) => api.reportRefusal(report));
    this.#noticed = new EventPictures({ ...this.#parts(), nameOf: (id) => this.#nameOf(id, 'event') });
    this.#socket = new LiveSocket({
      url: liveUrl(location),
      ...(parts.ended === undefined ? {} : { ended: parts.ended }),
      renewed: () => this.#renewSoon(),
    });
  }

  /** Show a camera live in a container; `report` is called on every change and about once a second. */
  openLive(
    camera: Camera,
    container: HTMLElement,
    choice: StreamChoice,
    report: (now: LiveReport) => void,
  ): LivePlayer {
    this.#know(camera);
    const parts = { ...this.#parts(), socket: this.#socket };
    return new LivePlayer(parts, camera, container, choice, report);
  }

  /** @param clock give the same one to cameras that are to play in step (with WebCodecs only). */
  openPlayback(
    camera: Camera,
    container: HTMLElement,
    report: (now: PlaybackReport) => void,
    clock?: PlayClock,
  ): PlaybackPlayer | MsePlaybackPlayer {
    this.#know(camera);
    if (typeof VideoDecoder === 'undefined') {
      return new MsePlaybackPlayer(this.#parts(), camera, container, report);
    }
    return new PlaybackPlayer(this.#parts(), camera, container, report, clock);
  }

  /** A small picture near a time, or null where nothing was recorded. The caller closes it. */
  thumbnail(camera: Camera, timeUs: number, signal: AbortSignal): Promise<ImageBitmap | null> {
    if (typeof VideoDecoder === 'undefined') return Promise.resolve(null);
    this.#know(camera);
    let film = this.#films.get(camera.id);
    if (film === undefined) {
      if (!camera.streams.some((stream) => stream.stream === 'main')) return Promise.resolve(null);
      film = new Film(this.#parts(), camera);
      this.#films.set(camera.id, film);
    }
    return film.thumbnail(timeUs, signal);
  }

  /**
   * A picture of an event as a blob URL of this page, good for a while. Ask for many at once.
   * @throws ApiError 404 where there is none; ReleaseError, Refusal; AbortError
   */
  eventPicture(camera: string, picture: string, signal: AbortSignal): Promise<string> {
    return this.#noticed.url(camera, picture, signal);
  }

  /** The opened pieces of a finished export as one Blob. */
  exportBlob(job: ExportJob, progress: (share: number) => void, signal?: AbortSignal): Promise<Blob> {
    return exportBlob(this.#parts(), job, progress, signal);
  }

  /** The opened pieces of a finished export straight into a file the person chooses. */
  saveExport(job: ExportJob, progress: (share: number) => void, signal?: AbortSignal): Promise<void> {
    return saveToFile(this.#parts(), job, progress, signal);
  }

  /** Forget every key and close the socket: the session is over. Close the players first. */
  close(): void {
    this.#isClosed = true;
    if (this.#renewal !== null) clearTimeout(this.#renewal);
    this.#socket.close();
    this.#keyring.close();
    this.#films.clear();
    this.#noticed.close();
    this.#speaker.close();
  }

  async #ask(request: KeysRequest): Promise<KeysAnswer> {
    const standing = await this.#trust.demand();
    const answer = await this.#api.keys(request);
    this.#trust.check(answer.keys, standing);
    return answer;
  }

  #know(camera: Camera): void {
    for (const { stream, opaque } of camera.streams) {
      this.#names.set(`${camera.id}/${stream}`, this.#socket.nameNow(opaque));
    }
  }

  /** The door's name of a stream that perhaps nobody has looked at yet. */
  async #nameOf(camera: string, stream: StreamName): Promise<string> {
    const place = `${camera}/${stream}`;
    if (!this.#names.has(place)) {
      this.#looking ??= this.#api.cameras().then((cameras) => cameras.forEach((one) => this.#know(one)));
      await this.#looking.finally(() => (this.#looking = null));
    }
    const name = this.#names.get(place);
    if (name === undefined) throw new ApiError('no_such_stream', 404, 'there is no such stream');
    return name;
  }

  /** A new epoch has begun, or a name was refused: find out the names once for all who ask. */
  #renewSoon(waitMs = Math.max(0, this.#renewedMs + RENEW_PAUSE_MS - performance.now())): void {
    if (this.#isClosed || this.#renewal !== null) return;
    this.#renewal = setTimeout(() => {
      this.#renewedMs = performance.now();
      this.#renew()
        .catch(() => true)
        .then((isToRepeat) => {
          this.#renewal = null;
          if (isToRepeat) this.#renewSoon(RENEW_RETRY_MS);
        });
    }, waitMs);
  }

  async #renew(): Promise<boolean> {
    this.#trust.renew();
    this.#keyring.renew();
    const names = new Map<string, string>();
    for (const camera of await this.#api.cameras()) {
      for (const { stream, opaque } of camera.streams) {
        const before = this.#names.get(`${camera.id}/${stream}`);
        if (before !== undefined) names.set(before, opaque);
      }
      this.#know(camera);
    }
    this.#socket.rename(names);
    return false;
  }

  #parts() {
    return {
      api: this.#api,
      keyring: this.#keyring,
      refusals: this.refusals,
      speaker: this.#speaker,
      nowUs: this.#nowUs,
    };
  }
}
