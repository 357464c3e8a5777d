/** One picture of an event on its way to the screen: asked for, there, or why not. */
import type { IconName } from '../components/Icon.svelte';
import { t, tCode } from '../i18n/translate.svelte';
import { Refusal } from '../seal/open';
import type { EventDoc, PictureRole } from './events';
import { household, may } from './household.svelte';
import type { Camera } from './model';
import { ApiError } from './ports';
import { offWords } from './suspensionwords';

export interface PictureProblem {
  icon: IconName;
  text: string;
  /** Worth asking again by itself. */
  isPassing: boolean;
}

/** Why the pictures of a camera are not even asked for; null: they are. */
export function heldBack(camera: Camera | undefined): PictureProblem | null {
  if (camera === undefined) return { icon: 'camera', text: t('events.problem.gone'), isPassing: false };
  if (!may(camera, 'events')) return { icon: 'shield', text: t('events.problem.not_granted'), isPassing: false };
  if (camera.pin === 'ask') return { icon: 'key', text: t('events.problem.pin'), isPassing: false };
  const off = camera.suspended?.events;
  return off === undefined ? null : { icon: 'off', text: offWords(off), isPassing: false };
}

export function problemOf(error: unknown): PictureProblem {
  if (error instanceof Refusal) {
    return { icon: 'shield', text: t('events.problem.refused', { reason: tCode('refusal', error.reason, error.reason) }), isPassing: false };
  }
  if (error instanceof ApiError) {
    if (error.code === 'pin_needed') return { icon: 'key', text: t('events.problem.pin'), isPassing: false };
    if (error.code === 'suspended') return { icon: 'off', text: t('events.problem.suspended'), isPassing: false };
    if (error.status === 404) return { icon: 'silent', text: t('events.problem.no_picture'), isPassing: false };
    return { icon: error.status === 0 ? 'plug' : 'warn', text: tCode('error', error.code, t('events.problem.failed')), isPassing: error.status === 0 || error.status >= 500 };
  }
  return { icon: 'warn', text: t('events.problem.failed'), isPassing: true };
}

const REST_MS = 40;
const AGAIN_MS = 10_000;

/** Loads after a short rest, so that what is only scrolled past is not asked for. */
export class EventPicture {
  url = $state<string | null>(null);
  problem = $state.raw<PictureProblem | null>(null);
  isLoading = $state(false);
  private timer: ReturnType<typeof setTimeout> | undefined;
  private abort: AbortController | null = null;

  constructor(private readonly role: PictureRole) {}

  want(event: EventDoc, restMs = REST_MS): void {
    this.drop();
    this.problem = null;
    this.isLoading = true;
    this.timer = setTimeout(() => void this.load(event), restMs);
  }

  private async load(event: EventDoc): Promise<void> {
    const abort = (this.abort = new AbortController());
    try {
      const url = await household.ports.events.picture(event, this.role, abort.signal);
      if (abort.signal.aborted) return;
      this.url = url;
      this.problem = null;
      this.isLoading = false;
    } catch (error) {
      if (abort.signal.aborted) return;
      this.url = null;
      this.problem = problemOf(error);
      this.isLoading = false;
      if (this.problem.isPassing) this.timer = setTimeout(() => void this.load(event), AGAIN_MS);
    }
  }

  /** No longer wanted. What is on screen stays. */
  drop(): void {
    clearTimeout(this.timer);
    this.abort?.abort();
    this.abort = null;
    this.isLoading = false;
  }
}
