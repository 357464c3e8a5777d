// Sound of a recording, scheduled by the clock of playback; at normal speed only.

import type { AudioTrack } from './isobmff';
import type { PlayClock } from './playclock';
import { type OpenGop, sampleUs } from './recorded';
import { Sound, type Speaker } from './sound';

export class PlaySound {
  #sound: Sound | null = null;

  constructor(
    private readonly speaker: Speaker,
    private readonly clock: PlayClock,
  ) {}

  /** Schedule the sound of a group that is about to be shown. */
  hear(open: OpenGop): void {
    const track = open.opening.tracks.find((one): one is AudioTrack => one.kind === 'audio');
    const first = open.samples.find((sample) => sample.track === track?.id);
    if (track === undefined || first === undefined) return;
    const startUs = sampleUs(open, first);
    const sound = (this.#sound ??= new Sound({
      speaker: this.speaker,
      problem: () => undefined,
      at: (timestampUs) => this.#timeOf(timestampUs),
    }));
    void sound.begin(track).then((isHeard) => {
      if (isHeard && sound === this.#sound) sound.push(open.samples, startUs);
    });
  }

  /** Fall silent now. */
  silence(): void {
    this.#sound?.close();
    this.#sound = null;
  }

  #timeOf(timestampUs: number): number | null {
    const context = this.speaker.context();
    if (context === null) return null;
    return context.currentTime + (timestampUs - this.clock.timeUs()) / 1e6;
  }
}
