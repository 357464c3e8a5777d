/** The mock's live and playback pictures: canvases that draw scenes, and every state a tile can be in. */
import type { Camera, ExportJob } from '../model';
import type { ExportPort, LivePort, LiveReport, LiveView, PlaybackPort, PlaybackReport, StreamChoice } from '../ports';
import { drawScene, SCENE_HEIGHT, SCENE_WIDTH } from './scenes';
import { recordedAt, type World } from './world';

const FRAME_MS = 200;
const RECORDED_FRAME_US = 100_000;

function canvasIn(container: HTMLElement, width: number): HTMLCanvasElement {
  const canvas = document.createElement('canvas');
  canvas.width = width;
  canvas.height = (width * SCENE_HEIGHT) / SCENE_WIDTH;
  canvas.className = 'picture';
  container.append(canvas);
  return canvas;
}

function blobOf(canvas: HTMLCanvasElement): Promise<Blob> {
  return new Promise((resolve, reject) => {
    canvas.toBlob((blob) => (blob === null ? reject(new Error('no picture')) : resolve(blob)), 'image/png');
  });
}

export function livePort(world: World): LivePort {
  return {
    open(camera, container, choice, report) {
      const index = world.sceneOf(camera.id);
      const trouble = world.trouble.get(camera.id);
      let wanted: StreamChoice = choice;
      let canvas: HTMLCanvasElement | null = null;
      const now = (): LiveReport => ({
        state: trouble?.state ?? (canvas === null ? 'connecting' : 'live'),
        ageSeconds: canvas === null ? null : (trouble?.ageSeconds ?? 0.3),
        reason: (trouble?.reason ?? null) as LiveReport['reason'],
        isStills: false,
        stream: wanted === 'sub' || trouble?.isSubstitute ? 'sub' : 'main',
        isSubstitute: trouble?.isSubstitute === true && wanted !== 'sub',
        width: wanted === 'sub' ? 640 : 2560,
        height: wanted === 'sub' ? 360 : 1440,
      });
      const draw = (): void => {
        if (canvas === null) {
          if (trouble !== undefined && !trouble.hasPicture) return;
          canvas = canvasIn(container, choice === 'sub' ? 640 : 960);
        }
        if (trouble === undefined || trouble.isSubstitute) drawScene(canvas, index, Date.now() * 1000);
        else drawScene(canvas, index, 1.7e15);
      };
      report(now());
      const first = setTimeout(() => {
        draw();
        report(now());
      }, world.firstPictureMs + (index % 4) * 60);
      const frames = setInterval(draw, FRAME_MS);
      const reports = setInterval(() => report(now()), 1_000);
      const sights: LiveView['sights'] = { listener: null };
      const looks = setInterval(() => {
        const at = 0.35 + 0.2 * Math.sin(Date.now() / 2000);
        const somebody = { kind: 'person', confidence: 0.87, left: at, top: 0.35, right: at + 0.09, bottom: 0.85 };
        if (trouble === undefined) sights.listener?.({ wallUs: Date.now() * 1000, seen: [somebody], isLate: false });
      }, 250);
      return {
        sights,
        setStream(next) {
          wanted = next;
          report(now());
        },
        setMuted() {},
        snapshot: () => (canvas === null ? Promise.reject(new Error('no picture')) : blobOf(canvas)),
        close() {
          clearTimeout(first);
          clearInterval(frames);
          clearInterval(reports);
          clearInterval(looks);
          canvas?.remove();
        },
      };
    },
  };
}

export function playbackPort(world: World): PlaybackPort {
  return {
    open(camera, container, report) {
      const canvas = canvasIn(container, 960);
      const index = world.sceneOf(camera.id);
      let timeUs = Date.now() * 1000;
      let speed = 1;
      let state: PlaybackReport['state'] = 'paused';
      const show = (): void => {
        if (recordedAt(world, camera.id, timeUs)) {
          if (state === 'gap') state = 'playing';
          drawScene(canvas, index, timeUs);
        } else state = 'gap';
        report({ state, timeUs, reason: state === 'gap' ? 'unreachable' : null, isSubstitute: false });
      };
      const ticks = setInterval(() => {
        if (state !== 'playing' && state !== 'gap') return;
        timeUs += 100_000 * speed;
        show();
      }, 100);
      return {
        seek(next) {
          timeUs = next;
          show();
        },
        play() {
          state = 'playing';
          show();
        },
        pause() {
          state = 'paused';
          show();
        },
        setSpeed(next) {
          speed = next;
        },
        step(direction) {
          state = 'paused';
          timeUs += direction * RECORDED_FRAME_US;
          show();
        },
        setMuted() {},
        snapshot: () => blobOf(canvas),
        close() {
          clearInterval(ticks);
          canvas.remove();
        },
      };
    },
    async thumbnail(camera: Camera, timeUs: number, signal: AbortSignal) {
      await new Promise((resolve) => setTimeout(resolve, 60));
      if (signal.aborted || !recordedAt(world, camera.id, timeUs)) return null;
      const canvas = new OffscreenCanvas(320, 180);
      drawScene(canvas, world.sceneOf(camera.id), timeUs);
      return canvas.transferToImageBitmap();
    },
  };
}

export const exportPort: ExportPort = {
  canSaveToFile: false,
  saveToFile: () => Promise.reject(new Error('the mock saves no files')),
  async open(job: ExportJob, progress) {
    for (let share = 0; share <= 1; share += 0.25) {
      progress(share);
      await new Promise((resolve) => setTimeout(resolve, 60));
    }
    return new Blob([new Uint8Array(Math.min(job.bytes, 1_000_000))], { type: 'video/mp4' });
  },
};
