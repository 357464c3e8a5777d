// Checks of products: the hub's API for them (design/wire.md, section 7), and the report's own shape.

import type { ApiClient } from './client';

export type CheckState = 'receiving' | 'queued' | 'running' | 'done' | 'failed';
export type Band = 'very_good' | 'good' | 'fair' | 'weak' | 'poor' | 'not_rated';
export type Outcome = 'violated' | 'clear' | 'unknown' | 'not_applicable' | 'error';
export type Severity = 'critical' | 'high' | 'medium' | 'low' | 'note';
export type ReportForm = 'html' | 'json' | 'sarif';

export interface CheckSummary {
  title: string;
  overall: number | null;
  band: Band;
  /** 0 to 1. */
  coverage: number;
  violated: number;
  clear: number;
  unknown: number;
  unread: number;
}

export interface Check {
  id: string;
  name: string;
  camera: string | null;
  state: CheckState;
  reason: string | null;
  created_us: number;
  started_us: number | null;
  finished_us: number | null;
  files: { name: string; bytes: number }[];
  summary: CheckSummary | null;
  confinement: { landlock: number; seccomp: boolean; namespaces: boolean } | null;
  can_start: boolean;
  progress: { share: number; last_read: string } | null;
  received: number[] | null;
}

export interface CheckLimits {
  files: number;
  file_bytes: number;
  check_bytes: number;
  piece_bytes: number;
}

export interface CheckList {
  checks: Check[];
  limits: CheckLimits;
  /** What this machine's kernel lacks to keep the lab from the keys. */
  missing_protection: string[];
}

export interface NewCheck {
  name: string;
  camera: string | null;
  files: { name: string; bytes: number }[];
}

export interface Evidence {
  text: string;
  artefact: string;
  place: string;
  owner: string;
}

export interface Finding {
  check: string;
  area: string;
  outcome: Outcome;
  severity: Severity;
  title: string;
  reason: string;
  evidence: Evidence[];
  standards: string[];
  remedy: string;
}

export interface AreaVerdict {
  score: number | null;
  coverage: number;
  violated: number;
  clear: number;
  unknown: number;
  not_applicable: number;
}

export interface Report {
  tool: string;
  date: string;
  artefacts: { path: string; kind: string; sha256: string; size_bytes: number }[];
  unread: { artefact: string; part: string; reason: string }[];
  findings: Finding[];
  verdict: {
    overall: number | null;
    band: Band;
    coverage: number;
    areas: Record<string, AreaVerdict>;
    caps: { where: string; points_max: number; reason: string }[];
  };
}

/** What pages use of checks. */
export interface ChecksPort {
  list(): Promise<CheckList>;
  show(id: string): Promise<Check>;
  create(check: NewCheck): Promise<Check>;
  /** Sends one piece of a file; says how much of it is there now. */
  send(id: string, file: number, offset: number, piece: Blob, signal: AbortSignal): Promise<number>;
  start(id: string): Promise<Check>;
  change(id: string, change: { name?: string; camera?: string | null }): Promise<Check>;
  remove(id: string): Promise<void>;
  report(id: string): Promise<Report>;
  /** The report as a file. */
  file(id: string, form: ReportForm): Promise<Blob>;
  /** Where a frame or tab finds the whole report, for a few minutes. */
  page(id: string): Promise<string>;
}

export class ChecksClient implements ChecksPort {
  constructor(private readonly api: ApiClient) {}

  list(): Promise<CheckList> {
    return this.api.get('/checks');
  }

  show(id: string): Promise<Check> {
    return this.api.get(`/checks/${id}`);
  }

  create(check: NewCheck): Promise<Check> {
    return this.api.change('POST', '/checks', check);
  }

  async send(id: string, file: number, offset: number, piece: Blob, signal: AbortSignal): Promise<number> {
    const headers = { 'X-Keepsight': '1', 'Content-Type': 'application/octet-stream' };
    const init = { method: 'PUT', headers, body: piece };
    const answer = await this.api.ask(`/checks/${id}/files/${file}?offset=${offset}`, init, signal);
    return ((await answer.json()) as { received: number }).received;
  }

  start(id: string): Promise<Check> {
    return this.api.change('POST', `/checks/${id}/start`);
  }

  change(id: string, change: { name?: string; camera?: string | null }): Promise<Check> {
    return this.api.change('PATCH', `/checks/${id}`, change);
  }

  remove(id: string): Promise<void> {
    return this.api.change('DELETE', `/checks/${id}`);
  }

  report(id: string): Promise<Report> {
    return this.api.get(`/checks/${id}/report`);
  }

  async file(id: string, form: ReportForm): Promise<Blob> {
    const path = form === 'json' ? 'report' : `report.${form}`;
    return (await this.api.ask(`/checks/${id}/${path}`, { method: 'GET' })).blob();
  }

  async page(id: string): Promise<string> {
    const { ticket } = await this.api.change<{ ticket: string }>('POST', `/checks/${id}/page`);
    return `/api/checks/${id}/page?ticket=${encodeURIComponent(ticket)}`;
  }
}
