// Decodes keyframes one at a time: for seeking, stepping, scrubbing and thumbnails.

import type { VideoTrack } from './isobmff';
import { decoderConfig, isSameTrack } from './screen';

/** One encoded picture of a group. */
export interface Chunk {
  readonly timestamp: number;
  readonly isKey: boolean;
  readonly data: BufferSource & AllowSharedBufferSource;
}

interface Waiting {
  /** Timestamp of the wanted picture. */
  readonly wanted: number;
  frame: VideoFrame | null;
}

export class StillDecoder {
  #decoder: VideoDecoder | null = null;
  #track: VideoTrack | null = null;
  #waiting: Waiting | null = null;
  #turn: Promise<unknown> = Promise.resolve();

  /**
   * Decode from a keyframe to the wanted picture. The frame is the caller's to close.
   * @param chunks in decoding order, the first one a keyframe.
   * @param wanted timestamp of one of them; the last shown at or before it is given.
   * @throws Error the browser cannot decode it; AbortError
   */
  decode(
    track: VideoTrack,
    chunks: readonly Chunk[],
    wanted: number,
    signal?: AbortSignal,
  ): Promise<VideoFrame> {
    const result = this.#turn.then(() => {
      signal?.throwIfAborted();
      return this.#decode(track, chunks, wanted);
    });
    this.#turn = result.catch(() => undefined);
    return result;
  }

  close(): void {
    if (this.#decoder !== null && this.#decoder.state !== 'closed') this.#decoder.close();
    this.#decoder = null;
  }

  async #decode(track: VideoTrack, chunks: readonly Chunk[], wanted: number): Promise<VideoFrame> {
    const decoder = this.#ready(track);
    const waiting: Waiting = { wanted, frame: null };
    this.#waiting = waiting;
    try {
      for (const { timestamp, isKey, data } of chunks) {
        decoder.decode(new EncodedVideoChunk({ type: isKey ? 'key' : 'delta', timestamp, data }));
      }
      // Without flush the decoder keeps pictures back; after it only a keyframe may follow.
      await decoder.flush();
    } catch (error) {
      waiting.frame?.close();
      this.close();
      throw error;
    } finally {
      this.#waiting = null;
    }
    if (waiting.frame === null) throw new Error('the decoder gave no picture');
    return waiting.frame;
  }

  #ready(track: VideoTrack): VideoDecoder {
    const isReady = this.#decoder?.state === 'configured';
    if (this.#decoder !== null && isReady && this.#track !== null && isSameTrack(this.#track, track)) {
      return this.#decoder;
    }
    this.close();
    const decoder = new VideoDecoder({
      output: (frame) => this.#onFrame(frame),
      error: () => undefined, // flush() rejects
    });
    decoder.configure(decoderConfig(track));
    this.#track = track;
    this.#decoder = decoder;
    return decoder;
  }

  #onFrame(frame: VideoFrame): void {
    const waiting = this.#waiting;
    const isCloser =
      waiting !== null &&
      frame.timestamp <= waiting.wanted &&
      frame.timestamp >= (waiting.frame?.timestamp ?? Number.NEGATIVE_INFINITY);
    if (waiting === null || !isCloser) {
      frame.close();
      return;
    }
    waiting.frame?.close();
    waiting.frame = frame;
  }
}
