// Sound of a live camera: its own sealed stream, opened and played as it comes.

import { Kind } from '../seal/header';
import type { Opened } from '../seal/open';
import { Feed, type FeedParts, type FeedSource } from './feed';
import { type AudioTrack, FormatError, parseFragment, parseInit } from './isobmff';
import { Sound, type SoundProblem, type Speaker } from './sound';

export class LiveSound {
  /** Why nothing is heard; null when nothing is wrong. */
  problem: SoundProblem | null = null;
  readonly #sound: Sound;
  readonly #feed: Feed;

  constructor(parts: FeedParts & { readonly speaker: Speaker }, source: FeedSource) {
    parts.speaker.context(); // within the click that asked for sound
    this.#sound = new Sound({
      speaker: parts.speaker,
      problem: (problem) => {
        this.problem = problem;
      },
    });
    const nothing = (): void => undefined;
    this.#feed = new Feed(parts, source, {
      opened: (opened) => this.#hear(opened),
      refused: () => this.#sound.silence(),
      forbidden: () => this.close(),
      state: nothing,
      skipped: nothing,
      connected: nothing,
      keyless: nothing,
    });
  }

  close(): void {
    this.#feed.close();
    this.#sound.close();
  }

  async #hear(opened: Opened): Promise<void> {
    try {
      if (opened.kind === Kind.INIT) {
        const track = parseInit(opened.payload).find((one): one is AudioTrack => one.kind === 'audio');
        if (track === undefined || !(await this.#sound.begin(track))) this.close();
        return;
      }
      this.#sound.push(parseFragment(opened.payload), opened.wallUs);
    } catch (error) {
      if (!(error instanceof FormatError)) throw error;
      this.close();
    }
  }
}
