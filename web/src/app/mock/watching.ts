/** How cameras are watched, in this tab only. */
import { ApiClient, ApiError } from '../../api/client';
import { type KeptWatching, type Models, type Watching, WatchingClient, type WatchState } from '../../api/watching';
import type { World } from './world';

const WATCHING: Watching = {
  is_on: true,
  model: 'efficientdet-lite1',
  kinds: ['person', 'vehicle', 'package'],
  person_confidence: null,
  min_area: 0.0036,
  cooldown_seconds: 60,
  zones: [
    { name: 'Doorstep', points: [[0.34, 0.52], [0.62, 0.5], [0.68, 0.98], [0.29, 0.98]], kinds: ['person', 'package'] },
    { name: 'Path', points: [[0.68, 0.62], [0.97, 0.6], [1, 0.86], [0.7, 0.9]], kinds: [] },
  ],
  masks: [[[0, 0], [0.26, 0], [0.22, 0.3], [0, 0.36]]],
  privacy_masks: [[[0.76, 0.08], [1, 0.06], [1, 0.4], [0.78, 0.42]]],
  hours: [],
  sounds: [],
}; // prettier-ignore
const NOTHING: Watching = { ...WATCHING, kinds: ['person', 'vehicle', 'cat', 'dog', 'package'], zones: [], masks: [], privacy_masks: [], min_area: 0, cooldown_seconds: 0 };

class MockWatching extends WatchingClient {
  private readonly kept = new Map<string, Watching>();

  constructor(private readonly world: World) {
    super(new ApiClient());
  }

  override read(camera: string): Promise<KeptWatching> {
    const first = this.world.scenario === 'home' && this.world.sceneOf(camera) % 2 === 0 ? WATCHING : NOTHING;
    const watching = structuredClone(this.kept.get(camera) ?? first);
    return Promise.resolve({ watching, tag: JSON.stringify(watching) });
  }

  override async write(camera: string, watching: Watching, tag: string | null): Promise<KeptWatching> {
    const now = await this.read(camera);
    if (tag !== null && tag !== now.tag) throw new ApiError('changed_meanwhile', 412, 'somebody else has changed this meanwhile');
    if (watching.zones.some((zone) => zone.name === 'odd')) {
      throw new ApiError('bad_watching', 422, 'odd', { where: 'zones.0.name', problem: 'odd_name' });
    }
    this.kept.set(camera, structuredClone(watching));
    return this.read(camera);
  }

  override models(): Promise<Models> {
    const state = this.world.scenario === 'trouble' ? 'missing' : 'installed';
    const model = (name: string, size_bytes: number, here: 'installed' | 'missing') =>
      ({ name, role: 'detector', size_bytes, state: here, is_default: name.endsWith('1'), install: `keepsight models install ${name}` }) as const;
    return Promise.resolve({
      models: [model('efficientdet-lite1', 6_077_535, state), model('efficientdet-lite0', 4_563_519, 'missing'), model('efficientdet-lite2', 7_557_887, 'missing')],
      own: [{ name: 'own:yard.onnx', has_labels: true, kinds: ['person', 'forklift'] }],
      own_folder: '/var/cache/keepsight/models/own',
    });
  }

  override state(): Promise<WatchState | null> {
    const isTroubled = this.world.scenario === 'trouble';
    return Promise.resolve({
      state: isTroubled ? 'off' : 'watching',
      reason: isTroubled ? { code: 'model_missing', values: { model: 'efficientdet-lite1' }, message: 'the model efficientdet-lite1 is not installed' } : null,
      mode: isTroubled ? null : 'keyframes', since_us: Date.now() * 1000 - 7_300_000_000, dropped: 0, looks: isTroubled ? 0 : 1_204,
    }); // prettier-ignore
  }
}

export function mockWatching(world: World): WatchingClient {
  return new MockWatching(world);
}
