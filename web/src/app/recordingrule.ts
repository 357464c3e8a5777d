/** The fields of the recording editor and the rule they stand for. */
import type { RecordingMode, RecordingRule } from './model';

const GIGABYTE = 1e9;
const DAYS_MAX = 3650;
const BYTES_MIN = 100_000_000;
const PRE_ROLL_MIN = 5;
const ROLL_MAX = 120;

/** As typed; empty where the household's value or none counts. */
export interface RuleFields {
  mode: RecordingMode;
  days: string;
  eventDays: string;
  preRoll: string;
  postRoll: string;
  gigabytes: string;
}

export type RuleField = Exclude<keyof RuleFields, 'mode'>;
export type RuleProblem = 'days' | 'fewer' | 'pre_roll' | 'post_roll' | 'size';

export interface ReadRule {
  /** null while something is wrong. */
  rule: RecordingRule | null;
  problems: Partial<Record<RuleField, RuleProblem>>;
}

function typed(value: number | null, unit = 1): string {
  return value === null ? '' : String(value / unit);
}

export function writeRule(rule: RecordingRule): RuleFields {
  return {
    mode: rule.mode,
    days: typed(rule.retention_days),
    eventDays: typed(rule.event_retention_days),
    preRoll: String(rule.pre_roll_seconds),
    postRoll: String(rule.post_roll_seconds),
    gigabytes: typed(rule.bytes_max, GIGABYTE),
  };
}

/** A whole number, null for nothing typed, undefined for anything else. */
function whole(text: string, from: number, to: number): number | null | undefined {
  if (text.trim() === '') return null;
  const found = Number(text.trim());
  return Number.isInteger(found) && found >= from && found <= to ? found : undefined;
}

/** What the fields say; `is_recording` is true, as it has a switch of its own. */
export function readRule(fields: RuleFields): ReadRule {
  const problems: ReadRule['problems'] = {};
  const days = whole(fields.days, 1, DAYS_MAX);
  const eventDays = whole(fields.eventDays, 1, DAYS_MAX);
  const preRoll = whole(fields.preRoll, PRE_ROLL_MIN, ROLL_MAX);
  const postRoll = whole(fields.postRoll, 0, ROLL_MAX);
  const size = fields.gigabytes.trim().replace(',', '.');
  const bytes = size === '' ? null : Math.round(Number(size) * GIGABYTE);
  if (days === undefined) problems.days = 'days';
  if (eventDays === undefined) problems.eventDays = 'days';
  else if (fields.mode === 'both' && eventDays !== null && typeof days === 'number' && eventDays < days) problems.eventDays = 'fewer';
  if (preRoll == null) problems.preRoll = 'pre_roll';
  if (postRoll == null) problems.postRoll = 'post_roll';
  if (bytes !== null && !(bytes >= BYTES_MIN)) problems.gigabytes = 'size';
  if (Object.keys(problems).length > 0) return { rule: null, problems };
  const rule = {
    is_recording: true,
    mode: fields.mode,
    retention_days: days ?? null,
    event_retention_days: eventDays ?? null,
    pre_roll_seconds: preRoll as number,
    post_roll_seconds: postRoll as number,
    bytes_max: bytes,
  };
  return { rule, problems };
}
