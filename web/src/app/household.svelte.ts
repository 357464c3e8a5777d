/**
 * What the whole program knows: is the hub there, is anybody signed in, which cameras are there.
 * Pages read the fields and call the methods; only this file decides which stage is shown.
 */
import { t, tCode } from '../i18n/translate.svelte';
import type { HalfSignedIn } from '../api/account';
import { confirmation } from './confirmation.svelte';
import type { Capability } from '../api/members';
import type { Camera, Hello, Session } from './model';
import { notices } from './notices.svelte';
import { PasskeyProblem } from './passkeys';
import { DeviceError } from '../seal/device';
import { MembershipError } from '../seal/membership';
import { ApiError, type Ports } from './ports';

export type Stage = 'starting' | 'unable' | 'offline' | 'setup' | 'locked' | 'signed-out' | 'home';

const RETRY_MS_MIN = 1_000;
const RETRY_MS_MAX = 15_000;
const CHECK_MS = 10_000;

class Household {
  stage = $state<Stage>('starting');
  hello = $state.raw<Hello | null>(null);
  session = $state.raw<Session | null>(null);
  cameras = $state.raw<Camera[]>([]);
  /** The hub stopped answering while pages are open: said in a banner, pages stay. */
  isUnreachable = $state(false);
  ports!: Ports;
  /** Why this browser cannot take part, in stage `unable`. */
  problem = $state('');
  private retryMs = RETRY_MS_MIN;

  /** Finds out where we are and keeps watching whether the hub is still there. */
  async start(ports: Ports): Promise<void> {
    this.ports = ports;
    ports.sessionEnded = () => void this.look();
    await this.look();
    setInterval(() => void this.check(), CHECK_MS);
    addEventListener('online', () => void this.check());
  }

  get isDemo(): boolean {
    return this.hello?.demo != null;
  }

  /** Kept cameras, in order of room and name. */
  get kept(): Camera[] {
    return this.cameras.filter((camera) => !camera.trial);
  }

  /** Decides for the household; everybody else sees what was granted to them. */
  get isOwner(): boolean {
    return this.session?.role === 'owner';
  }

  /** Whether this is granted for any camera. */
  mayAnywhere(capability: Capability): boolean {
    return this.kept.some((camera) => may(camera, capability));
  }

  camera(id: string): Camera | undefined {
    return this.cameras.find((camera) => camera.id === id);
  }

  /** The hub's wall time; this browser's clock may be wrong. */
  nowUs(): number {
    return this.ports.nowUs();
  }

  /** Asks the hub for its state and moves to the matching stage. */
  async look(): Promise<void> {
    try {
      const hello = await this.ports.hub.hello();
      this.hello = hello;
      this.retryMs = RETRY_MS_MIN;
      this.isUnreachable = false;
      await this.enter(hello);
    } catch (error) {
      if (error instanceof ApiError && error.status !== 0) {
        this.leave();
        notices.say(explain(error), 'bad');
        return;
      }
      this.stage = 'offline';
      setTimeout(() => void this.look(), this.retryMs);
      this.retryMs = Math.min(this.retryMs * 2, RETRY_MS_MAX);
    }
  }

  /** This browser cannot hold a key: said in words, nothing else is possible. */
  giveUp(error: unknown): void {
    this.problem = error instanceof DeviceError ? error.problem : 'unknown';
    this.stage = 'unable';
  }

  private async enter(hello: Hello): Promise<void> {
    if (hello.state === 'unclaimed') this.stage = 'setup';
    else if (hello.state === 'locked') this.stage = 'locked';
    else if (hello.signed_in && (await this.isStillOurs(hello))) await this.comeHome();
    else if (hello.demo !== null && (await this.signIn(hello.demo.member, hello.demo.passphrase)) === null) return;
    else this.stage = 'signed-out';
  }

  /** A signed-in demo browser that lost its key is signed in anew without a word. */
  private async isStillOurs(hello: Hello): Promise<boolean> {
    if (hello.demo === null) return true;
    try {
      await this.ports.hub.session();
      return true;
    } catch (error) {
      if (error instanceof ApiError && error.status === 401) return false;
      throw error;
    }
  }

  /** The first step; what is still owed, or null when the pages are shown. */
  async signIn(member: string, passphrase: string, shared = false): Promise<HalfSignedIn | null> {
    const half = await this.ports.account.signIn(member, passphrase, shared);
    if (half === null) await this.comeHome();
    return half;
  }

  /** Reads who is signed in and the cameras, then shows the pages. */
  async comeHome(): Promise<void> {
    const session = await this.ports.hub.session();
    this.session = session;
    this.ports.sessionChanged(session);
    await this.readCameras();
    this.stage = 'home';
  }

  async readCameras(): Promise<void> {
    const cameras = await this.ports.hub.cameras();
    const order = new Intl.Collator(undefined, { numeric: true });
    cameras.sort((a, b) => order.compare(a.room, b.room) || order.compare(a.name, b.name));
    // Read every few seconds: pages are told only of what changed.
    if (JSON.stringify(cameras) !== JSON.stringify(this.cameras)) this.cameras = cameras;
  }

  async signOut(): Promise<void> {
    await this.ports.hub.signOut();
    this.leave();
  }

  private leave(): void {
    this.session = null;
    this.cameras = [];
    this.ports.sessionChanged(null);
    this.stage = 'signed-out';
  }

  /** Is the hub still there, and are we still signed in? */
  private async check(): Promise<void> {
    if (this.stage !== 'home') return;
    try {
      const hello = await this.ports.hub.hello();
      this.isUnreachable = false;
      if (hello.state === 'locked') this.stage = 'locked';
      else if (!hello.signed_in) await this.enter(hello);
      else await this.readCameras();
    } catch (error) {
      if (error instanceof ApiError && error.status === 401) this.leave();
      else this.isUnreachable = true;
    }
  }

  /** Runs `work`, and once more after the person has proved who they are, where the hub wants that. */
  async confirmed<Result>(work: () => Promise<Result>): Promise<Result> {
    try {
      return await work();
    } catch (error) {
      const code = error instanceof ApiError ? error.code : '';
      if (code !== 'confirm_first' && code !== 'pin_needed') throw error;
      if (!(await confirmation.ask(code === 'pin_needed' ? 'pin' : 'person'))) throw error;
      return await work();
    }
  }

  /**
   * Runs something a person asked for. A failure is said in words; a lost session leads to sign-in.
   * Returns null on failure.
   */
  async attempt<Result>(work: () => Promise<Result>): Promise<Result | null> {
    try {
      return await this.confirmed(work);
    } catch (error) {
      if (error instanceof DOMException && error.name === 'AbortError') return null;
      if (error instanceof ApiError && error.status === 401) this.leave();
      notices.say(explain(error), 'bad');
      return null;
    }
  }
}

/** Whether this is granted now for a camera. */
export function may(camera: Camera, capability: Capability): boolean {
  return camera.capabilities?.includes(capability) ?? true;
}

/** An error in the words of the catalogue: what happened and what to do next. */
export function explain(error: unknown): string {
  if (error instanceof PasskeyProblem) return tCode('passkey', error.code, t('error.unknown'));
  if (error instanceof DeviceError) return tCode('unable', error.problem, t('error.unknown'));
  if (error instanceof MembershipError) return tCode('membership', error.problem, t('error.unknown'));
  if (error instanceof ApiError) {
    if (error.code === 'not_found' && error.status === 404) return t('error.gone');
    const values = { seconds: error.retrySeconds ?? 0 };
    return tCode('error', error.code, error.message || t('error.unknown'), values);
  }
  return t('error.unknown');
}

export const household = new Household();
