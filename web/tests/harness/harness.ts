// The page of tests/web/test_media_engine.py: drives the media engine from outside and reads its pixels.

import { ApiClient } from '../../src/api/client';
import type { Camera, ExportJob } from '../../src/api/types';
import { Lifter } from '../../src/media/brighten';
import { Engine } from '../../src/media/engine';
import type { LivePlayer } from '../../src/media/live';
import type { StreamChoice } from '../../src/media/livestate';
import { Trust } from '../../src/media/trust';
import { PlaybackPlayer } from '../../src/media/playback';
import type { MsePlaybackPlayer } from '../../src/media/playbackmse';
import { PlayClock } from '../../src/media/playclock';
import { DeviceKey } from '../../src/seal/device';
import { toHex } from '../../src/seal/encoding';

interface Tile {
  readonly container: HTMLElement;
  readonly reports: unknown[];
  readonly live?: LivePlayer;
  readonly playback?: PlaybackPlayer | MsePlaybackPlayer;
}

const api = new ApiClient();
const tiles: Tile[] = [];
const clock = new PlayClock();
let engine: Engine | null = null;
let device: DeviceKey | null = null;

function tile(make: (container: HTMLElement, report: (now: unknown) => void) => Partial<Tile>): number {
  const container = document.createElement('div');
  container.className = 'tile';
  document.body.append(container);
  const reports: unknown[] = [];
  const made = make(container, (now) => {
    reports.push(now);
    if (reports.length > 1000) reports.shift();
  });
  return tiles.push({ ...made, container, reports }) - 1;
}

function the(number: number): Tile {
  const found = tiles[number];
  if (found === undefined) throw new RangeError(`there is no tile ${number}`);
  return found;
}

function ready(): Engine {
  if (engine === null) throw new Error('start the engine first');
  return engine;
}

const harness = {
  /** This browser's public key. */
  async enroll(): Promise<string> {
    device = await DeviceKey.load();
    return device.publicKey;
  },

  async start(household: string, deviceId: string): Promise<void> {
    await api.hello();
    if (device === null) throw new Error('enroll first');
    engine = new Engine({
      api,
      device,
      trust: new Trust({ contact: () => Promise.resolve({ version: 1, epoch: 1 }) }, () => undefined),
      session: {
        member: 'test',
        role: 'owner',
        device_id: deviceId,
        household: { id: household, name: 'test' },
        expires_us: 0,
      },
    });
  },

  live(camera: Camera, choice: StreamChoice): number {
    return tile((container, report) => ({
      live: ready().openLive(camera, container, choice, report),
    }));
  },

  playback(camera: Camera, isShared: boolean): number {
    return tile((container, report) => ({
      playback: ready().openPlayback(camera, container, report, isShared ? clock : undefined),
    }));
  },

  player: (number: number) => the(number).playback,
  reports: (number: number) => the(number).reports,
  marks: (number: number) => the(number).live?.marks,
  seekMarks(number: number): unknown {
    const { playback } = the(number);
    return playback instanceof PlaybackPlayer ? playback.seekMarks : null;
  },
  refusals: () => Object.fromEntries(ready().refusals.counts),

  close(number: number): void {
    the(number).live?.close();
    the(number).playback?.close();
  },

  /** What is on screen: the kind of element, its size, and the colour of its middle. */
  look(number: number): { kind: string; width: number; height: number; colour: number[] } | null {
    const shown = the(number).container.querySelector<HTMLCanvasElement | HTMLVideoElement>('.picture');
    if (shown === null) return null;
    const isVideo = shown instanceof HTMLVideoElement;
    const width = isVideo ? shown.videoWidth : shown.width;
    const height = isVideo ? shown.videoHeight : shown.height;
    const probe = document.createElement('canvas');
    probe.width = probe.height = 1;
    const context = probe.getContext('2d', { willReadFrequently: true });
    context?.drawImage(shown, width / 2, height / 2, 1, 1, 0, 0, 1, 1);
    const colour = [...(context?.getImageData(0, 0, 1, 1).data ?? [])];
    return { kind: isVideo ? 'video' : 'canvas', width, height, colour };
  },

  async thumbnail(camera: Camera, timeUs: number): Promise<number[] | null> {
    const bitmap = await ready().thumbnail(camera, timeUs, new AbortController().signal);
    if (bitmap === null) return null;
    const size = [bitmap.width, bitmap.height];
    bitmap.close();
    return size;
  },

  /** SHA-256 of an export's plaintext. */
  async exported(job: ExportJob): Promise<string> {
    const blob = await ready().exportBlob(job, () => undefined);
    return toHex(new Uint8Array(await crypto.subtle.digest('SHA-256', await blob.arrayBuffer())));
  },

  /**
   * A dark noisy scene with a brighter square that moves, lifted: grey levels of the last picture.
   * @param level mean grey level of the dark background.
   */
  lifted(pictures: number, level: number): { background: number; noise: number; square: number; ghost: number } {
    const size = { width: 320, height: 180 };
    const source = Object.assign(document.createElement('canvas'), size);
    const context = source.getContext('2d', { alpha: false, willReadFrequently: true });
    if (context === null) throw new Error('this browser gives no 2D canvas');
    const lifter = new Lifter();
    let seed = 1;
    const random = (): number => (seed = (seed * 48271) % 2147483647) / 2147483647;
    for (let n = 0; n < pictures; n++) {
      const image = context.createImageData(size.width, size.height);
      for (let i = 0; i < image.data.length; i += 4) {
        const [x, y] = [(i / 4) % size.width, Math.floor(i / 4 / size.width)];
        const isSquare = x >= 20 + 8 * n && x < 60 + 8 * n && y >= 70 && y < 110;
        image.data.fill(Math.max(0, (isSquare ? level * 2.5 : level) + 8 * (random() - 0.5)), i, i + 3);
        image.data[i + 3] = 255;
      }
      context.putImageData(image, 0, 0);
      lifter.draw(source);
    }
    const copy = Object.assign(document.createElement('canvas'), size).getContext('2d');
    if (copy === null) throw new Error('this browser gives no 2D canvas');
    copy.drawImage(lifter.element, 0, 0);
    const greys = (x: number, y: number): { mean: number; deviation: number } => {
      const found = [...copy.getImageData(x, y, 16, 16).data].filter((_, i) => i % 4 === 0);
      const mean = found.reduce((a, b) => a + b, 0) / found.length;
      return { mean, deviation: Math.sqrt(found.reduce((a, b) => a + (b - mean) ** 2, 0) / found.length) };
    };
    const last = 8 * (pictures - 1);
    const background = greys(270, 20);
    // Where the square was twelve pictures ago, and the same height beside its way.
    const ghost = greys(last + 32 - 96, 82).mean - greys(last + 32 - 96, 130).mean;
    lifter.close();
    return { background: background.mean, noise: background.deviation, square: greys(last + 32, 82).mean, ghost };
  },

  /** A wall with a square of another brightness above its middle, lifted: grey levels in, around and far from it. */
  liftedSquare(wall: number, square: number): { inside: number; beside: number; below: number; far: number } {
    const source = Object.assign(document.createElement('canvas'), { width: 320, height: 180 });
    const context = source.getContext('2d', { alpha: false });
    const copy = Object.assign(document.createElement('canvas'), { width: 320, height: 180 }).getContext('2d');
    if (context === null || copy === null) throw new Error('this browser gives no 2D canvas');
    for (const [level, ...box] of [[wall, 0, 0, 320, 180], [square, 60, 20, 60, 50]] as const) {
      context.fillStyle = `rgb(${level} ${level} ${level})`;
      context.fillRect(...(box as [number, number, number, number]));
    }
    const lifter = new Lifter();
    lifter.draw(source);
    copy.drawImage(lifter.element, 0, 0);
    lifter.close();
    const grey = (x: number, y: number): number => copy.getImageData(x, y, 1, 1).data[0] ?? 0;
    return { inside: grey(90, 45), beside: grey(130, 45), below: grey(90, 135), far: grey(280, 90) };
  },

  async snapshot(number: number): Promise<string> {
    const blob = await (the(number).live ?? the(number).playback)?.snapshot();
    return blob?.type ?? '';
  },
};

declare global {
  interface Window {
    harness: typeof harness;
  }
}
window.harness = harness;
