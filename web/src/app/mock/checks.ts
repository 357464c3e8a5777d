/** Checks of the household that is not there: one of each state, and a report. */
import { ApiError } from '../../api/client';
import type { Check, CheckList, ChecksPort, Finding, NewCheck, Report } from '../../api/checks';
import { hexId, type World } from './world';

const SUMMARY = { title: 'Example 360 Home Camera 2K Pro', overall: 39, band: 'weak', coverage: 0.62, violated: 14, clear: 11, unknown: 7, unread: 0 } as const;
const LIMITS = { files: 64, file_bytes: 512 << 20, check_bytes: 2 ** 31, piece_bytes: 1 << 20 };

function finding(check: string, area: string, outcome: Finding['outcome'], severity: Finding['severity'], title: string): Finding {
  const evidence = [{ text: 'Ciphers.message asks for RC4', artefact: 'example-home.apk', place: 'org.example.Ciphers.message+0x4', owner: 'app' }];
  return { check, area, outcome, severity, title, reason: '', evidence, standards: ['NIST SP 800-131A'], remedy: 'Use AES in GCM mode.' };
}

const REPORT: Report = {
  tool: 'keepsight 0.1.0', date: '2026-05-04',
  artefacts: [{ path: 'example-home.apk', kind: 'app', sha256: hexId(1) + hexId(2), size_bytes: 24_100_000 }],
  unread: [{ artefact: 'use.pcapng', part: 'after packet 8120', reason: 'cut off in the middle of a packet' }],
  findings: [
    finding('app/weak-cipher', 'app', 'violated', 'high', '3 outdated ciphers are asked for'),
    finding('capture/key-in-message', 'communication', 'violated', 'critical', 'The key travels inside the message it encrypts'),
    finding('policy/undeclared-trackers', 'privacy', 'violated', 'medium', 'Two trackers in use are not in the policy'),
    finding('app/file-modes', 'app', 'clear', 'note', 'Files are private'),
    finding('update/support-period', 'updates', 'unknown', 'note', 'No support period was found'),
  ],
  verdict: {
    overall: 39, band: 'weak', coverage: 0.62,
    areas: {
      app: { score: 44, coverage: 0.9, violated: 6, clear: 8, unknown: 2, not_applicable: 1 },
      communication: { score: 25, coverage: 0.8, violated: 4, clear: 2, unknown: 1, not_applicable: 0 },
      seals: { score: null, coverage: 0, violated: 0, clear: 0, unknown: 1, not_applicable: 0 },
    },
    caps: [{ where: 'communication', points_max: 25, reason: 'a critical finding' }],
  },
}; // prettier-ignore

function makeCheck(seed: number, change: Partial<Check>): Check {
  const nowUs = Date.now() * 1000;
  return {
    id: hexId(700 + seed), name: '', camera: null, state: 'done', reason: null, created_us: nowUs - seed * 5e9, started_us: null, finished_us: null,
    files: [{ name: 'example-home.apk', bytes: 24_100_000 }], summary: null, confinement: { landlock: 7, seccomp: true, namespaces: true },
    can_start: false, progress: null, received: null, ...change,
  }; // prettier-ignore
}

export class MockChecks implements ChecksPort {
  private checks: Check[];

  constructor(world: World) {
    const camera = world.cameras[0]?.id ?? null;
    this.checks = world.scenario === 'empty' ? [] : [
      makeCheck(1, { state: 'running', progress: { share: 0.5, last_read: 'example-home.apk' } }),
      makeCheck(2, { summary: { ...SUMMARY }, camera }),
      makeCheck(3, { state: 'failed', reason: 'interrupted', can_start: true }),
      makeCheck(4, { summary: { ...SUMMARY, title: 'Other camera', overall: 81, band: 'good', violated: 1 } }),
    ]; // prettier-ignore
  }

  async list(): Promise<CheckList> {
    return { checks: this.checks, limits: LIMITS, missing_protection: [] };
  }

  async show(id: string): Promise<Check> {
    const found = this.checks.find((check) => check.id === id);
    if (found === undefined) throw new ApiError('no_such_check', 404, 'no such check');
    return found;
  }

  async create(check: NewCheck): Promise<Check> {
    const made = makeCheck(0, { id: hexId(690), state: 'receiving', files: check.files });
    this.checks = [made, ...this.checks];
    return made;
  }

  async send(_id: string, _file: number, offset: number, piece: Blob): Promise<number> {
    return offset + piece.size;
  }

  start(id: string): Promise<Check> {
    return this.edit(id, { state: 'done', reason: null, can_start: false, summary: { ...SUMMARY } });
  }

  change(id: string, change: { name?: string; camera?: string | null }): Promise<Check> {
    return this.edit(id, change);
  }

  private async edit(id: string, change: Partial<Check>): Promise<Check> {
    const changed = { ...(await this.show(id)), ...change };
    this.checks = this.checks.map((check) => (check.id === id ? changed : check));
    return changed;
  }

  async remove(id: string): Promise<void> {
    this.checks = this.checks.filter((check) => check.id !== id);
  }

  async report(): Promise<Report> {
    return REPORT;
  }

  async file(): Promise<Blob> {
    return new Blob(['{}']);
  }

  async page(): Promise<string> {
    return '/nothing';
  }
}
