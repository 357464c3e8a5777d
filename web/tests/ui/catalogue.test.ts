// Goal: nothing on screen is written outside the two catalogues, and they say the same things. Method: read them and the components.
import { parse } from 'svelte/compiler';
import { describe, expect, test } from 'vitest';
import de from '../../src/i18n/de.json';
import en from '../../src/i18n/en.json';

const sources = import.meta.glob<string>('../../src/{app,pages,components}/**/*.{svelte,ts}', {
  query: '?raw',
  import: 'default',
  eager: true,
});
const shipped = Object.entries(sources).filter(([path]) => !path.includes('/app/mock'));
const english: Record<string, string> = en;
const german: Record<string, string> = de;

function placeholders(text: string): string[] {
  return [...text.matchAll(/\{(\w+)\}/g)].map((match) => match[1] ?? '').sort();
}

describe('the catalogues', () => {
  test('have the same keys in the same order', () => {
    expect(Object.keys(german)).toEqual(Object.keys(english));
  });

  test('leave no sentence empty and keep every placeholder', () => {
    for (const [key, text] of Object.entries(english)) {
      expect(text.trim(), key).not.toBe('');
      expect(german[key]?.trim(), key).not.toBe('');
      expect(placeholders(german[key] ?? ''), key).toEqual(placeholders(text));
    }
  });

  test('translate what is a sentence', () => {
    const same = Object.keys(english).filter((key) => english[key] === german[key] && / \w+ /.test(english[key] ?? ''));
    expect(same).toEqual([]);
  });

  test('hold every key that is asked for', () => {
    for (const [path, source] of shipped) {
      for (const match of source.matchAll(/\bt\(\s*'([\w.]+)'/g)) {
        expect(english, `${path}: ${match[1]}`).toHaveProperty([match[1] ?? '']);
      }
    }
  });

  test('hold no sentence that nobody says', () => {
    const all = shipped.map(([, source]) => source).join('\n');
    const computed = [...all.matchAll(/`([\w.]+)\.\$\{/g)].map((match) => `${match[1]}.`);
    const coded = [...all.matchAll(/tCode\(\s*'([\w.]+)'/g)].map((match) => `${match[1]}.`);
    const prefixes = [...computed, ...coded];
    const unused = Object.keys(english).filter((key) => {
      const stem = key.replace(/_(one|other)$/, '');
      return !all.includes(`'${stem}'`) && !prefixes.some((prefix) => stem.startsWith(prefix));
    });
    expect(unused).toEqual([]);
  });
});

interface Node {
  type?: string;
  name?: string;
  data?: string;
  value?: unknown;
  start?: number;
}

const SPOKEN = new Set(['aria-label', 'title', 'placeholder', 'alt', 'label', 'text', 'hint', 'unit']);
/** Names and units that are the same in every language, and examples of addresses. */
const UNIVERSAL = /^(?:Keepsight|GB|rtsp:\/\/\S+|[^\p{L}]*)$/u;

function spokenTexts(node: unknown, found: string[], inAttribute = ''): void {
  if (Array.isArray(node)) {
    for (const child of node) spokenTexts(child, found, inAttribute);
    return;
  }
  if (typeof node !== 'object' || node === null) return;
  const { type, name, data } = node as Node;
  if (type === 'StyleDirective') return;
  if (type === 'Text' && typeof data === 'string' && data.trim() !== '' && (inAttribute === '' || SPOKEN.has(inAttribute))) {
    found.push(data.trim());
  }
  const attribute = type === 'Attribute' ? (name ?? '-') : inAttribute;
  for (const [key, child] of Object.entries(node)) {
    if (key !== 'metadata' && typeof child === 'object') spokenTexts(child, found, attribute);
  }
}

describe('the components', () => {
  test.each(shipped.filter(([path]) => path.endsWith('.svelte')))('%s writes no text of its own', (_path, source) => {
    const found: string[] = [];
    spokenTexts(parse(source, { modern: true }).fragment, found);
    const own = found.filter((text) => !UNIVERSAL.test(text) && !text.split(/\s*·\s*/).every((part) => UNIVERSAL.test(part)));
    expect(own).toEqual([]);
  });

  test.each(shipped.filter(([path]) => path.endsWith('.svelte')))('%s has no style attribute, which the policy forbids', (_path, source) => {
    expect(source.replace(/<style[\s\S]*<\/style>/, '')).not.toMatch(/\sstyle="/);
  });
});
