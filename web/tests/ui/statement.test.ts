// Goal: the hub's statement is shown as written, and as text only. Method: its own form, and what looks like markup.
import { expect, test } from 'vitest';
import { lengthOf, readStatement } from '../../src/app/statement';

const TEXT = '# Cameras at Home\n\nWritten today.\n\n## What\n\n- **Hall** (down): records.\n- **Attic**: live.\n';

test('headings, paragraphs and lists', () => {
  const blocks = readStatement(TEXT);
  expect(blocks.map((block) => block.kind)).toEqual(['title', 'text', 'heading', 'list']);
  const list = blocks[3];
  if (list?.kind !== 'list') throw new Error('no list');
  expect(list.items[0]).toEqual([
    { text: 'Hall', isStrong: true },
    { text: ' (down): records.', isStrong: false },
  ]);
});

test('a name that looks like markup stays text', () => {
  const [block] = readStatement('<img src=x onerror=alert(1)>');
  expect(block).toEqual({ kind: 'text', runs: [{ text: '<img src=x onerror=alert(1)>', isStrong: false }] });
});

test('words are counted without marks', () => {
  expect(lengthOf(TEXT)).toEqual({ words: 11, minutes: 1 });
  expect(lengthOf('word '.repeat(600)).minutes).toBe(3);
});
