// Goal: a clip begins before the event, ends after it, and never in the future. Method: hand-made events and rules.
import { expect, test } from 'vitest';
import { clipOf } from '../../src/app/eventclip';
import type { EventDoc } from '../../src/app/events';
import type { Camera } from '../../src/app/model';

const SECOND = 1_000_000;
const START = 1_800_000_000 * SECOND;

function event(lastSeconds: number, isOver = true): EventDoc {
  const last_us = START + lastSeconds * SECOND;
  return { start_us: START, last_us, end_us: isOver ? last_us : null } as EventDoc;
}

function camera(rule: object | undefined): Camera {
  return { rule } as unknown as Camera;
}

test('takes what the camera keeps before and after', () => {
  const clip = clipOf(event(20), camera({ pre_roll_seconds: 15, post_roll_seconds: 30 }), START + 3600 * SECOND);
  expect(clip.fromUs).toBe(START - 15 * SECOND);
  expect(clip.toUs).toBe(START + 50 * SECOND);
  expect(clip.eventFrom).toBeCloseTo(15 / 65);
  expect(clip.eventTo).toBeCloseTo(35 / 65);
});

test('begins at least five seconds before, and ten where the rule is not told', () => {
  expect(clipOf(event(1), camera({ pre_roll_seconds: 0 }), START + 3600 * SECOND).fromUs).toBe(START - 5 * SECOND);
  expect(clipOf(event(1), camera(undefined), START + 3600 * SECOND).fromUs).toBe(START - 10 * SECOND);
});

test('ends before now while the event goes on', () => {
  const nowUs = START + 6 * SECOND;
  const clip = clipOf(event(6, false), camera({}), nowUs);
  expect(clip.toUs).toBeLessThan(nowUs);
  expect(clip.toUs).toBeGreaterThan(clip.fromUs);
});

test('is never empty, however young the event', () => {
  const clip = clipOf(event(0, false), camera({}), START - 20 * SECOND);
  expect(clip.toUs - clip.fromUs).toBeGreaterThanOrEqual(4 * SECOND);
});
