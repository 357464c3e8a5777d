// Goal: what is typed becomes the rule that was meant, or a problem that is named. Method: fields in, rule out.
import { describe, expect, test } from 'vitest';
import { readRule, writeRule } from '../../src/app/recordingrule';
import type { RecordingRule } from '../../src/app/model';

const RULE: RecordingRule = {
  is_recording: true, mode: 'both', retention_days: 3, event_retention_days: 60, pre_roll_seconds: 10, post_roll_seconds: 0, bytes_max: 2_500_000_000,
}; // prettier-ignore

describe('the recording rule', () => {
  test('comes back as it was', () => {
    expect(readRule(writeRule(RULE))).toEqual({ rule: RULE, problems: {} });
    const plain = { ...RULE, mode: 'continuous' as const, retention_days: null, event_retention_days: null, bytes_max: null };
    expect(readRule(writeRule(plain)).rule).toEqual(plain);
    expect(readRule({ ...writeRule(RULE), gigabytes: ' 2,5 ' }).rule).toEqual(RULE);
  });

  test.each([
    ['days', '0', 'days'], ['days', '3651', 'days'], ['days', '1.5', 'days'], ['days', 'x', 'days'], ['eventDays', '-1', 'days'],
    ['eventDays', '2', 'fewer'], ['preRoll', '4', 'pre_roll'], ['preRoll', '', 'pre_roll'], ['preRoll', '121', 'pre_roll'],
    ['postRoll', '', 'post_roll'], ['postRoll', '-1', 'post_roll'], ['gigabytes', '0', 'size'], ['gigabytes', 'much', 'size'],
  ])('%s of "%s" is named as %s', (field, value, problem) => {
    expect(readRule({ ...writeRule(RULE), [field]: value })).toEqual({ rule: null, problems: { [field]: problem } });
  }); // prettier-ignore

  test('lets events go sooner where nothing else is kept', () => {
    expect(readRule({ ...writeRule(RULE), mode: 'events', eventDays: '2' }).rule?.event_retention_days).toBe(2);
    expect(readRule({ ...writeRule(RULE), days: '', eventDays: '2' }).rule?.event_retention_days).toBe(2);
  });
});
