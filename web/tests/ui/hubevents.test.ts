// Goal: what is asked of the hub about events is what design/wire.md says. Method: the adapter on a hub that writes down what it is asked.
import { expect, test } from 'vitest';
import type { ApiClient } from '../../src/api/client';
import { HubEvents, queryText } from '../../src/app/hubevents';

const ID = '0123456789abcdef0123456789abcdef';

function hub(answer: unknown): { asked: unknown[][]; events: HubEvents } {
  const asked: unknown[][] = [];
  const api: Pick<ApiClient, 'get' | 'change'> = {
    get: async <T>(path: string) => {
      asked.push(['GET', path]);
      return answer as T;
    },
    change: async <T>(method: string, path: string, body?: unknown) => {
      asked.push([method, path, body]);
      return answer as T;
    },
  };
  return { asked, events: new HubEvents(api, () => Promise.resolve(null)) };
}

test('every filter has its parameter, and whole microseconds', () => {
  const query = { cameras: [ID, 'b'], kinds: ['person', 'dog'], room: 'Küche & Bad', zone: 'Gate', fromUs: 1.7, toUs: 2.2, isSeen: false, isKept: true, before: `7:${ID}`, limit: 60 };
  expect([...new URLSearchParams(queryText(query))]).toEqual([
    ['camera', ID], ['camera', 'b'], ['kind', 'person'], ['kind', 'dog'], ['room', 'Küche & Bad'], ['zone', 'Gate'],
    ['from', '1'], ['to', '3'], ['seen', 'false'], ['kept', 'true'], ['before', `7:${ID}`], ['limit', '60'],
  ]); // prettier-ignore
  expect(queryText({})).toBe('');
});

test('days are counted between edges, of some cameras or all', async () => {
  const { asked, events } = hub({ days: [{ from_us: 1, to_us: 2, kinds: { cat: 3 } }] });
  expect(await events.counts([1, 2.4], [ID])).toMatchObject([{ kinds: { cat: 3 } }]);
  expect(asked).toEqual([['GET', `/events/days?edge=1&edge=2&camera=${ID}`]]);
});

test('marks, changes and removals go where they belong', async () => {
  const { asked, events } = hub({ count: 4 });
  await events.change(ID, { kept: true });
  await events.markSeen({ events: [ID] });
  await events.markSeen({ until_us: 5 });
  await events.remove(ID);
  await events.find(ID);
  expect(await events.unseen()).toBe(4);
  expect(asked).toEqual([
    ['PATCH', `/events/${ID}`, { kept: true }],
    ['POST', '/events/seen', { events: [ID] }],
    ['POST', '/events/seen', { until_us: 5 }],
    ['DELETE', `/events/${ID}`, undefined],
    ['GET', `/events/${ID}`],
    ['GET', '/events/unseen'],
  ]);
});
