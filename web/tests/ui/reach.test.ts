// Goal: the timeline asks for what it shows, once, and never shows an answer that is too late. Method: answers given by hand.
import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import { Reach, type ReachParts } from '../../src/components/timeline/reach';

const NOW_US = 1_000_000;
const MARGIN_US = 100;

interface Question {
  fromUs: number;
  toUs: number;
  signal: AbortSignal;
  answer: (isLoaded: boolean) => void;
  fail: () => void;
}
let asked: Question[];
let reach: Reach;

function make(more: Partial<ReachParts> = {}): Reach {
  return new Reach({
    restMs: 120,
    marginUsMin: MARGIN_US,
    nowUs: () => NOW_US,
    load: (fromUs, toUs, signal) =>
      new Promise((answer, fail) => {
        asked.push({ fromUs, toUs, signal, answer, fail: () => fail(new Error('no answer')) });
      }),
    ...more,
  });
}

/** The newest question, once timers have run. */
async function question(count: number): Promise<Question> {
  await vi.advanceTimersByTimeAsync(150);
  expect(asked).toHaveLength(count);
  return asked[count - 1] as Question;
}

async function answered(count: number, isLoaded = true): Promise<void> {
  (await question(count)).answer(isLoaded);
  await vi.advanceTimersByTimeAsync(0);
}

beforeEach(() => {
  vi.useFakeTimers();
  asked = [];
  reach = make();
});
afterEach(() => {
  reach.close();
  vi.useRealTimers();
});

test('asks wider than the view, up to the present', async () => {
  reach.want(1000, 1050);
  expect(await question(1)).toMatchObject({ fromUs: 900, toUs: 1150 });
  reach.want(NOW_US - 400, NOW_US + 100);
  expect(await question(2)).toMatchObject({ fromUs: NOW_US - 900, toUs: NOW_US });
});

test('a view inside what is loaded asks nothing, one that leaves it does', async () => {
  reach.want(1000, 1050);
  await answered(1);
  reach.want(900, 1150);
  await question(1);
  reach.want(899, 1000);
  await question(2);
});

test('what was not loaded, or failed, is asked for again', async () => {
  reach.want(1000, 1050);
  await answered(1, false);
  reach.want(1000, 1050);
  (await question(2)).fail();
  reach.want(1000, 1050);
  await answered(3);
  reach.want(1000, 1050);
  await question(3);
});

test('a question that another has overtaken is given up and counts for nothing', async () => {
  reach.want(1000, 1050);
  const first = await question(1);
  reach.want(5000, 5050);
  const second = await question(2);
  expect([first.signal.aborted, second.signal.aborted]).toEqual([true, false]);
  second.answer(true);
  first.answer(true);
  await vi.advanceTimersByTimeAsync(0);
  reach.want(5000, 5050);
  await question(2);
});

test('a view that moves on and on is asked for once it rests', async () => {
  reach.want(1000, 1050);
  await answered(1);
  for (let step = 0; step < 10; step++) {
    reach.want(10_000 + step, 10_050 + step);
    await vi.advanceTimersByTimeAsync(50);
  }
  expect(asked).toHaveLength(1);
  expect(await question(2)).toMatchObject({ fromUs: 9909 });
});

test('other cameras are asked for at once, but not before anything is in view', async () => {
  reach.renew();
  await vi.advanceTimersByTimeAsync(1000);
  expect(asked).toHaveLength(0);
  reach.want(1000, 1050);
  await answered(1);
  reach.renew();
  expect(asked).toHaveLength(2);
});

test('everything is read anew every ten seconds, or its end alone', async () => {
  reach.want(1000, 1050);
  await answered(1);
  await vi.advanceTimersByTimeAsync(10_000);
  expect(asked).toHaveLength(2);
  reach.close();
  const refresh = vi.fn(() => Promise.reject(new Error('no answer')));
  reach = make({ refresh });
  reach.want(1000, 1050);
  await answered(3);
  await vi.advanceTimersByTimeAsync(20_000);
  expect(refresh).toHaveBeenCalledTimes(2);
  expect(asked).toHaveLength(3);
  reach.grow(1200);
  reach.want(1000, 1200);
  await question(3);
  expect([reach.toUs, reach.isWantedAfter(1199), reach.isWantedAfter(1200)]).toEqual([1200, true, false]);
});

test('nothing is asked after the end', async () => {
  reach.want(1000, 1050);
  const open = await question(1);
  reach.want(5000, 5050);
  reach.close();
  await vi.advanceTimersByTimeAsync(60_000);
  expect(open.signal.aborted).toBe(true);
  expect(asked).toHaveLength(1);
});
