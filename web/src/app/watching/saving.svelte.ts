/** Saves a draft over what it began with, and over nothing that the person has not seen. */
import { ApiError } from '../../api/client';
import type { KeptWatching, WatchingClient } from '../../api/watching';
import type { Draft } from './draft.svelte';
import { isSame } from './shapes';

export class Saving {
  /** What somebody else saved since the draft was begun. */
  theirs = $state.raw<KeptWatching | null>(null);
  /** Whether the person is being asked whose is to stay. */
  isAsked = $state(false);
  #tag: string | null;

  /** @param tag of what the draft was begun with. */
  constructor(
    private readonly draft: Draft,
    private readonly hub: Pick<WatchingClient, 'read' | 'write'>,
    private readonly camera: string,
    tag: string | null,
  ) {
    this.#tag = tag;
  }

  /** What the draft was begun with, for the next visit. */
  get base(): KeptWatching {
    return { watching: this.draft.saved, tag: this.#tag };
  }

  /** Whether the hub has it now; where not, somebody else saved meanwhile, and the person is asked. */
  save(): Promise<boolean> {
    return this.#save(this.#tag);
  }

  /** The same over what `theirs` shows. Who saved after that is not overwritten either. */
  saveAnyway(): Promise<boolean> {
    return this.#save(this.theirs?.tag ?? this.#tag);
  }

  /** Theirs in place of the draft; undo brings the draft back. */
  loadTheirs(): void {
    if (this.theirs === null) return;
    this.draft.take(this.theirs.watching);
    this.#begin(this.theirs);
  }

  /** Back to what the hub has, as far as it is known here. */
  discard(): void {
    if (this.theirs !== null) this.loadTheirs();
    else this.draft.discard();
  }

  async #save(tag: string | null): Promise<boolean> {
    const wish = this.draft.watching;
    try {
      this.#kept(await this.hub.write(this.camera, wish, tag));
      return true;
    } catch (error) {
      if (!(error instanceof ApiError) || error.code !== 'changed_meanwhile') throw error;
    }
    const theirs = await this.hub.read(this.camera);
    if (isSame(theirs.watching, wish)) {
      this.#kept(theirs);
      return true;
    }
    this.theirs = theirs;
    this.isAsked = true;
    return false;
  }

  #kept(kept: KeptWatching): void {
    this.draft.savedAs(kept.watching);
    this.#begin(kept);
  }

  #begin(base: KeptWatching): void {
    this.#tag = base.tag;
    this.theirs = null;
    this.isAsked = false;
  }
}
