/** The real ports: the hub behind the door, and sealed pictures that only this browser opens. */
import { ChecksClient } from '../api/checks';
import { ApiClient, ApiError } from '../api/client';
import { KeysClient } from '../api/keys';
import { LedgerClient } from '../api/ledger';
import { MembersClient } from '../api/members';
import { NotificationsClient } from '../api/notifications';
import { PrivacyClient } from '../api/privacy';
import { SuspensionsClient } from '../api/suspensions';
import { WatchingClient } from '../api/watching';
import { keepLanguage, t } from '../i18n/translate.svelte';
import { MembershipClient } from '../api/membership';
import { Engine } from '../media/engine';
import { canSaveToFile } from '../media/exporting';
import { Trust } from '../media/trust';
import { DeviceKey, type DeviceStore, openDeviceStore, wipeDevice } from '../seal/device';
import { type MembershipAnswer, MembershipGuard } from '../seal/membership';
import { Prover } from '../seal/prover';
import { Account } from './account';
import { HubEvents } from './hubevents';
import { ledgerPort } from './ledger';
import { nameOfBrowser } from './browsername';
import { Joining } from './joining';
import { membershipWatch } from './membershipwatch.svelte';
import { notices } from './notices.svelte';
import { theme } from './theme.svelte';
import type { EnrollingDevice, Session, SetupRequest, SetupResult } from './model';
import type { HubPort, Ports } from './ports';
import { keepWoken } from './waking';

function deviceName(): string {
  const { browser, system } = nameOfBrowser(navigator.userAgent);
  return t('device.name', { browser: browser || t('device.browser'), system: system || t('device.system') });
}

/** The API with this browser's own key where the hub asks for one. */
class EnrolledHub {
  constructor(
    private readonly api: ApiClient,
    private readonly device: DeviceKey,
  ) {}

  /** This browser, with the id under which the household knows it already. */
  async enrolling(household: string | undefined): Promise<EnrollingDevice> {
    const id = household === undefined ? null : await this.device.idIn(household);
    const signing = this.api.prover === null ? {} : { signing_key: this.api.prover.publicKey };
    return { name: deviceName(), public_key: this.device.publicKey, kem: this.device.kem, ...signing, ...(id === null ? {} : { id }) };
  }

  async setup(answers: Omit<SetupRequest, 'device'>): Promise<SetupResult> {
    const result = await this.api.setup({ ...answers, device: await this.enrolling(undefined) });
    const { household } = await this.api.session();
    await this.device.rememberId(household.id, result.device_id);
    return result;
  }

  joining(client: MembersClient, store: DeviceStore): Joining {
    const guardOf = (household: string): MembershipGuard =>
      new MembershipGuard(household, { id: '', publicKey: this.device.publicKey }, new MembershipClient(this.api), store);
    return new Joining({ client, device: this.device, enrolling: (household) => this.enrolling(household), guardOf });
  }

  account(): Account {
    const id = async (): Promise<string | undefined> => (await this.api.hello()).household?.id;
    return new Account(this.api, {
      device: async () => this.enrolling(await id()),
      enrolled: async ({ device_id }) => {
        const household = await id();
        if (household !== undefined) await this.device.rememberId(household, device_id);
      },
    });
  }

  /**
   * Who is signed in. A session whose key this browser no longer has can open nothing: it is ended, and
   * signing in again enrols a new key.
   */
  async session(): Promise<Session> {
    const session = await this.api.session();
    this.api.prover?.learn(session);
    if ((await this.device.idIn(session.household.id)) !== session.device_id) {
      await this.api.signOut();
      throw new ApiError('no_device', 401, 'this browser has lost its key: sign in again');
    }
    return session;
  }
}

/** Removed from the household, by its own signature: forget every key and stored picture, and say so. */
async function leaveIfRemoved(api: ApiClient, device: DeviceKey, store: DeviceStore, household: string): Promise<void> {
  const id = await device.idIn(household);
  if (id === null) return;
  const guard = new MembershipGuard(household, { id, publicKey: device.publicKey }, new MembershipClient(api), store);
  const after = Math.max(0, (await guard.versionSeen()) - 1);
  const { membership } = await api.get<{ membership?: MembershipAnswer | null }>(`/hello?device=${id}&after=${after}`);
  if (membership == null || !(await guard.isRemovedBy(membership))) return;
  await wipeDevice();
  await api.get(`/hello?device=${id}&forget=true`); // has this browser empty its caches too
  history.replaceState(null, '', '/#removed');
  location.reload();
}

function hubPort(api: ApiClient, device: DeviceKey, store: DeviceStore): HubPort {
  const enrolled = new EnrolledHub(api, device);
  return {
    hello: async () => {
      const hello = await api.hello();
      if (!hello.signed_in && hello.household !== null) await leaveIfRemoved(api, device, store, hello.household.id);
      return hello;
    },
    setup: (answers) => enrolled.setup(answers),
    judgePassphrase: (passphrase, context, signal, hasFactor) => api.judgePassphrase(passphrase, context, signal, hasFactor),
    async signOut() {
      await api.signOut();
      // The hub had everything of this origin deleted, our key too: start anew, in the same language and look.
      keepLanguage();
      theme.set(theme.choice);
      location.replace('/');
      // Nothing more happens in this document: a sign-in page drawn here would be taken away while somebody types.
      return new Promise<void>(() => {});
    },
    session: () => enrolled.session(),
    devices: () => api.devices(),
    removeDevice: (id) => api.removeDevice(id),
    cameras: () => api.cameras(),
    addCamera: (camera) => api.addCamera(camera),
    changeCamera: (id, change) => api.changeCamera(id, change),
    removeCamera: (id, recordings) => api.removeCamera(id, recordings),
    decideIdentity: (id, decision) => api.decideIdentity(id, decision),
    timeline: (cameras, fromUs, toUs, signal) => api.timeline(cameras, fromUs, toUs, signal),
    activity: (cameras, fromUs, toUs, signal) => api.activity(cameras, fromUs, toUs, signal),
    startExport: (camera, stream, fromUs, toUs, change) => api.startExport(camera, stream, fromUs, toUs, change),
    exportJob: (writer) => api.exportJob(writer),
    removeExport: (writer) => api.removeExport(writer),
    status: () => api.status(),
    settings: () => api.settings(),
    changeSettings: (change) => api.changeSettings(change),
  };
}

/** The door knows for this long what a session may fetch, so a new export is not found before. */
const DOOR_KNOWS_MS = 5_000;
const ASK_AGAIN_MS = 800;

/** Runs `work`, again while the door has not heard of what is asked for. */
async function onceAllowed<Result>(work: () => Promise<Result>): Promise<Result> {
  const giveUpMs = performance.now() + DOOR_KNOWS_MS + 2 * ASK_AGAIN_MS;
  for (;;) {
    try {
      return await work();
    } catch (error) {
      if (!(error instanceof ApiError && error.status === 404) || performance.now() > giveUpMs) throw error;
      await new Promise((resolve) => setTimeout(resolve, ASK_AGAIN_MS));
    }
  }
}

/**
 * Loads this browser's key and wires everything to the hub.
 * @throws DeviceError this browser or this origin cannot hold a key.
 */
export async function hubPorts(): Promise<Ports> {
  if (location.hash === '#removed') {
    history.replaceState(null, '', '/');
    notices.say(t('removed.text'), 'bad');
  }
  const api = new ApiClient();
  const store = await openDeviceStore();
  const device = await DeviceKey.load(store);
  api.prover = await Prover.load(store);
  let engine: Engine | null = null;
  const open = (): Engine => {
    if (engine === null) throw new ApiError('not_signed_in', 401, 'sign in first');
    return engine;
  };
  const members = new MembersClient(api);
  const notifications = new NotificationsClient(api);
  const ports: Ports = {
    hub: hubPort(api, device, store),
    account: new EnrolledHub(api, device).account(),
    live: { open: (camera, container, choice, report) => open().openLive(camera, container, choice, report) },
    playback: {
      open: (camera, container, report) => open().openPlayback(camera, container, report),
      thumbnail: (camera, timeUs, signal) => open().thumbnail(camera, timeUs, signal),
    },
    exporter: {
      canSaveToFile: canSaveToFile(),
      open: (job, progress, signal) => onceAllowed(() => open().exportBlob(job, progress, signal)),
      saveToFile: (job, progress, signal) => open().saveExport(job, progress, signal),
    },
    events: new HubEvents(api, async (event, role, signal) => {
      const name = event[role];
      return name === null ? null : open().eventPicture(event.camera, name.id, signal);
    }),
    checks: new ChecksClient(api),
    suspensions: new SuspensionsClient(api),
    watching: new WatchingClient(api),
    privacy: new PrivacyClient(api),
    notifications,
    members: { client: members, joining: new EnrolledHub(api, device).joining(members, store) },
    keys: new KeysClient(api),
    ledger: ledgerPort(new LedgerClient(api)),
    nowUs: () => api.clock.nowUs(),
    deviceName,
    sessionChanged(session) {
      engine?.close();
      membershipWatch.problem = null;
      engine = null;
      if (session === null) return;
      keepWoken(notifications).catch(() => undefined);
      const { id } = session.household;
      const own = { id: session.device_id, publicKey: device.publicKey };
      const guard = new MembershipGuard(id, own, new MembershipClient(api), store);
      const trust = new Trust(guard, (problem) => (membershipWatch.problem = problem));
      membershipWatch.goOn = async () => {
        await guard.goOn();
        trust.renew();
        await trust.demand();
      };
      engine = new Engine({ api, device, session, trust, ended: () => ports.sessionEnded?.() });
      trust.demand().catch(() => undefined); // so that a problem shows before somebody looks at a picture
    },
  };
  return ports;
}
