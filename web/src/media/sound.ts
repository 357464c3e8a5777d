// Opened sound out of the loudspeaker: AudioDecoder, then buffers scheduled on the page's AudioContext.
// Buffer sources rather than a worklet: they need no second script and are exact to the sample.

import type { AudioTrack, Sample } from './isobmff';

/** Live sound is played this much after it was decoded, so that a late packet makes no hole. */
const LEAD_SECONDS = 0.12;
/** After each hole the lead grows up to this; a network that makes none keeps the sound close. */
const LEAD_SECONDS_MAX = 0.8;
const LEAD_GROWTH = 1.5;
/** Further ahead than the lead and this, live sound is dropped: it would trail behind the picture. */
const AHEAD_SECONDS_MAX = 0.4;
const SOURCES_MAX = 256;

export type SoundProblem =
  /** The browser has no AudioDecoder or not this codec. */
  | 'unsupported'
  /** The browser starts sound only after a click. */
  | 'needs_gesture';

export function soundConfig(track: AudioTrack): AudioDecoderConfig {
  return {
    codec: track.codec,
    sampleRate: track.sampleRate,
    numberOfChannels: track.channels,
    ...(track.description === null ? {} : { description: track.description }),
  };
}

/** Whether sound of a track can be heard here. */
export async function canHear(track: AudioTrack): Promise<boolean> {
  if (typeof AudioDecoder === 'undefined') return false;
  try {
    return (await AudioDecoder.isConfigSupported(soundConfig(track))).supported === true;
  } catch {
    return false;
  }
}

/** The page's one AudioContext, made at the first sound. Browsers allow few of them. */
export class Speaker {
  #context: AudioContext | null = null;

  /** @returns null where there is no Web Audio. */
  context(): AudioContext | null {
    if (typeof AudioContext === 'undefined') return null;
    this.#context ??= new AudioContext({ latencyHint: 'interactive' });
    if (this.#context.state === 'suspended') this.#context.resume().catch(() => undefined);
    return this.#context;
  }

  close(): void {
    this.#context?.close().catch(() => undefined);
    this.#context = null;
  }
}

export interface SoundParts {
  readonly speaker: Speaker;
  readonly problem: (problem: SoundProblem) => void;
  /**
   * When on the AudioContext's clock sound of this timestamp (us) is to be heard; null: as soon as
   * possible (live). A time in the past drops it.
   */
  readonly at?: (timestampUs: number) => number | null;
}

export class Sound {
  readonly #parts: SoundParts;
  #decoder: AudioDecoder | null = null;
  #track: AudioTrack | null = null;
  #endSeconds = 0;
  #leadSeconds = LEAD_SECONDS;
  readonly #sources = new Set<AudioBufferSourceNode>();

  constructor(parts: SoundParts) {
    this.#parts = parts;
  }

  /** Sound of this track follows. False: it cannot be heard here. */
  async begin(track: AudioTrack): Promise<boolean> {
    if (!(await canHear(track)) || this.#parts.speaker.context() === null) {
      this.#parts.problem('unsupported');
      return false;
    }
    if (this.#decoder?.state === 'configured' && isSameSound(this.#track, track)) return true;
    this.#closeDecoder();
    const decoder = new AudioDecoder({
      output: (data) => {
        if (decoder === this.#decoder) this.#play(data);
        data.close();
      },
      error: () => {
        if (decoder === this.#decoder) this.#closeDecoder();
      },
    });
    decoder.configure(soundConfig(track));
    this.#decoder = decoder;
    this.#track = track;
    return true;
  }

  /** @param startUs presentation time of the first sample, on the caller's time line. */
  push(samples: readonly Sample[], startUs: number): void {
    const [decoder, track] = [this.#decoder, this.#track];
    const first = samples.find((sample) => sample.track === track?.id);
    if (decoder === null || track === null || first === undefined) return;
    for (const sample of samples) {
      if (sample.track !== track.id) continue;
      const ticks = sample.decodeTicks - first.decodeTicks;
      const timestamp = Math.round(startUs + (ticks * 1e6) / track.timescale);
      decoder.decode(new EncodedAudioChunk({ type: 'key', timestamp, data: sample.data }));
    }
  }

  /** Fall silent now; what was scheduled is not heard. */
  silence(): void {
    for (const source of this.#sources) source.stop();
    this.#sources.clear();
    this.#endSeconds = 0;
    if (this.#decoder?.state === 'configured' && this.#track !== null) {
      this.#decoder.reset();
      this.#decoder.configure(soundConfig(this.#track));
    }
  }

  close(): void {
    this.#closeDecoder();
    this.silence();
  }

  #closeDecoder(): void {
    if (this.#decoder !== null && this.#decoder.state !== 'closed') this.#decoder.close();
    this.#decoder = null;
  }

  #play(data: AudioData): void {
    const context = this.#parts.speaker.context();
    if (context === null) return;
    if (context.state !== 'running') {
      this.#parts.problem('needs_gesture');
      return;
    }
    const start = this.#startOf(data, context.currentTime);
    if (start === null || this.#sources.size >= SOURCES_MAX) return;
    const { numberOfChannels, numberOfFrames, sampleRate } = data;
    const buffer = context.createBuffer(numberOfChannels, numberOfFrames, sampleRate);
    for (let channel = 0; channel < numberOfChannels; channel++) {
      const plane = new Float32Array(numberOfFrames);
      data.copyTo(plane, { planeIndex: channel, format: 'f32-planar' });
      buffer.copyToChannel(plane, channel);
    }
    const source = context.createBufferSource();
    source.buffer = buffer;
    source.connect(context.destination);
    source.onended = () => this.#sources.delete(source);
    source.start(start);
    this.#sources.add(source);
    this.#endSeconds = start + buffer.duration;
  }

  #startOf(data: AudioData, now: number): number | null {
    const wanted = this.#parts.at?.(data.timestamp);
    if (wanted !== undefined && wanted !== null) {
      // Joined to the sound before it unless that would be audibly wrong: no clicks from rounding.
      const start = Math.abs(wanted - this.#endSeconds) < 0.03 ? this.#endSeconds : wanted;
      return start < now ? null : start;
    }
    if (this.#endSeconds >= now) {
      const isTooFar = this.#endSeconds - now > this.#leadSeconds + AHEAD_SECONDS_MAX;
      return isTooFar ? null : this.#endSeconds;
    }
    if (this.#endSeconds > 0) {
      this.#leadSeconds = Math.min(this.#leadSeconds * LEAD_GROWTH, LEAD_SECONDS_MAX);
    }
    return now + this.#leadSeconds;
  }
}

function isSameSound(a: AudioTrack | null, b: AudioTrack): boolean {
  const config = (track: AudioTrack): string => String(track.description);
  return (
    a !== null &&
    a.id === b.id &&
    a.codec === b.codec &&
    a.timescale === b.timescale &&
    a.sampleRate === b.sampleRate &&
    a.channels === b.channels &&
    config(a) === config(b)
  );
}
