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

/** Only an owner's list holds every camera that there is. */
function gone(): PictureProblem {
  return { icon: 'camera', text: t(household.isOwner ? 'events.problem.gone' : 'events.problem.gone_for_you'), isPassing: false };
}

function broken(): PictureProblem {
  return { icon: 'warn', text: t('events.problem.broken'), isPassing: false };
}

/** Of something that was switched off since the list of cameras was read. */
function offSaid({ reason, since_us, until_us }: ApiError['fields']): string {
  if (typeof reason !== 'string' || reason === '') return t('events.problem.suspended');
  const number = (us: unknown): number | null => (typeof us === 'number' ? us : null);
  const off = { reason, is_foreign: false, since_us: number(since_us) ?? 0, until_us: number(until_us) };
  return t('events.problem.off', { reason: offWords(off) });
}

function refusedWords(error: ApiError): PictureProblem | null {
  if (error.code === 'pin_needed') return { icon: 'key', text: t('events.problem.pin'), isPassing: false };
  if (error.code === 'suspended') return { icon: 'off', text: offSaid(error.fields), isPassing: false };
  if (error.code === 'not_granted') return { icon: 'shield', text: t('events.problem.not_granted'), isPassing: false };
  return error.code === 'no_such_camera' ? gone() : null;
}

/** Why the pictures of a camera are not even asked for; null: they are. */
export function heldBack(camera: Camera | undefined): PictureProblem | null {
  if (camera === undefined) return gone();
  if (!may(camera, 'events')) return { icon: 'shield', text: t('events.problem.not_granted'), isPassing: false };
  if (camera.pin === 'ask') return { icon: 'key', text: t('events.problem.pin'), isPassing: false };
  const off = camera.suspended?.events;
  return off === undefined ? null : { icon: 'off', text: t('events.problem.off', { reason: offWords(off) }), isPassing: false };
}

export function problemOf(error: unknown): PictureProblem {
  if (error instanceof Refusal) {
    return { icon: 'shield', text: t('events.problem.refused', { reason: tCode('refusal', error.reason, error.reason) }), isPassing: false };
  }
  if (error instanceof ApiError) {
    const refused = refusedWords(error);
    if (refused !== null) return refused;
    if (error.code === 'broken_picture') return broken();
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
  /** The last one that the browser could not draw. */
  private undrawn: string | null = null;
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

  /** What came cannot be drawn. Asked for once more: its place in memory may have been given up meanwhile. */
  notDrawn(event: EventDoc): void {
    const url = this.url;
    this.url = null;
    if (url === null) return;
    if (url === this.undrawn) {
      this.problem = broken();
      return;
    }
    this.undrawn = url;
    this.want(event, 0);
  }

  /** No longer wanted. What is on screen stays. */
  drop(): void {
    clearTimeout(this.timer);
    this.abort?.abort();
    this.abort = null;
    this.isLoading = false;
  }
}
