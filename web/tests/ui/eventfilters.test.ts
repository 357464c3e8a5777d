// Goal: an address says what is shown, and nothing else can be put into it. Method: there and back, and what people might type.
import { describe, expect, test } from 'vitest';
import type { EventDoc } from '../../src/app/events';
import { dayEdges, dayOf, endOfDay, hourEdges, isShown, narrows, NO_FILTERS, openEventOf, queryOf, readFilters, startOfDay, toggled, writeFilters } from '../../src/app/eventfilters';

const ID = '0123456789abcdef0123456789abcdef';
const OTHER = 'f'.repeat(32);
const HALL = { id: ID, room: 'Ground floor' };
const YARD = { id: OTHER, room: 'Outside' };

describe('the address', () => {
  test('gives back what was chosen', () => {
    const filters = { cameras: [ID, OTHER], rooms: ['Küche & Bad'], kinds: ['person', 'dog'], zones: ['Gate'], isUnseen: true, isKept: true, day: '2026-11-21' };
    expect(readFilters(`?${writeFilters(filters, ID)}`)).toEqual(filters);
    expect(openEventOf(`?${writeFilters(filters, ID)}`)).toBe(ID);
  });

  test('is empty where nothing was chosen', () => {
    expect(writeFilters(NO_FILTERS)).toBe('');
    expect(readFilters('')).toEqual(NO_FILTERS);
    expect(openEventOf('?event=')).toBeNull();
  });

  test.each(['camera=nobody', 'day=2026-02-30', 'day=yesterday', 'day=2026-13-01', 'seen=yes', 'kept=no', `kind=${'x'.repeat(81)}`, 'kind='])('%s chooses nothing', (query) => {
    expect(readFilters(`?${query}`)).toEqual(NO_FILTERS);
  });

  test('takes a bounded number of values, each once', () => {
    const many = Array.from({ length: 500 }, (_, nth) => `kind=k${nth}&kind=k${nth}`).join('&');
    expect(readFilters(`?${many}`).kinds).toHaveLength(64);
  });
});

describe('the question to the hub', () => {
  test('names the cameras of the chosen rooms', () => {
    expect(queryOf({ ...NO_FILTERS, rooms: ['Outside'] }, [HALL, YARD])).toEqual({ cameras: [OTHER] });
    expect(queryOf({ ...NO_FILTERS, rooms: ['Outside', 'Ground floor'], cameras: [ID] }, [HALL, YARD])).toEqual({ cameras: [ID] });
  });

  test('is not asked where nothing can match', () => {
    expect(queryOf({ ...NO_FILTERS, rooms: ['Attic'] }, [HALL, YARD])).toBeNull();
    expect(queryOf({ ...NO_FILTERS, cameras: [ID], rooms: ['Outside'] }, [HALL, YARD])).toBeNull();
  });

  test('carries kinds, one zone, marks and the end of the day', () => {
    const asked = { ...NO_FILTERS, kinds: ['cat'], zones: ['Gate'], isUnseen: true, isKept: true, day: '2026-11-21' };
    expect(queryOf(asked, [HALL])).toEqual({ kinds: ['cat'], zone: 'Gate', isSeen: false, isKept: true, toUs: endOfDay('2026-11-21') });
  });

  test('leaves several zones to be sorted out here', () => {
    const two = { ...NO_FILTERS, zones: ['Gate', 'Lawn'] };
    expect(queryOf(two, [HALL])).toEqual({});
    const at = (zones: string[]): EventDoc => ({ zones }) as unknown as EventDoc;
    expect([['Lawn'], ['Path', 'Gate'], ['Path'], []].map((zones) => isShown(at(zones), two))).toEqual([true, true, false, false]);
  });
});

test('only what narrows counts as a filter', () => {
  expect(narrows({ ...NO_FILTERS, day: '2026-11-21' })).toBe(false);
  expect(narrows({ ...NO_FILTERS, isKept: true })).toBe(true);
  expect(narrows({ ...NO_FILTERS, zones: ['Gate'] })).toBe(true);
});

test('a value is added or taken away', () => {
  expect(toggled(['a'], 'b')).toEqual(['a', 'b']);
  expect(toggled(['a', 'b'], 'a')).toEqual(['b']);
});

describe('days', () => {
  test('begin at midnight and end at the next', () => {
    const us = new Date(2026, 10, 21, 14, 5).getTime() * 1000;
    expect(dayOf(us)).toBe('2026-11-21');
    expect(startOfDay('2026-11-21')).toBe(new Date(2026, 10, 21).getTime() * 1000);
    expect(endOfDay('2026-12-31')).toBe(new Date(2027, 0, 1).getTime() * 1000);
  });

  test('stand in a row without holes, the last one being today', () => {
    const us = new Date(2026, 10, 21, 14, 5).getTime() * 1000;
    const edges = dayEdges(us, 14);
    expect(edges).toHaveLength(15);
    expect(edges.map((edge) => new Date(edge / 1000).getHours())).toEqual(Array.from({ length: 15 }, () => 0));
    expect([...edges].sort((a, b) => a - b)).toEqual(edges);
    expect(dayOf(edges[13] ?? 0)).toBe('2026-11-21');
  });

  test('have hours that join, 23 to 25 of them', () => {
    for (const day of ['2026-03-29', '2026-10-25', '2026-11-01', '2026-11-21']) {
      const edges = hourEdges(day);
      expect(edges[0]).toBe(startOfDay(day));
      expect(edges.at(-1)).toBe(endOfDay(day));
      expect([23, 24, 25]).toContain(edges.length - 1);
      expect(edges.every((edge, nth) => nth === 0 || edge > (edges[nth - 1] ?? 0))).toBe(true);
    }
  });
});
