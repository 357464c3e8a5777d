/**
 * The one catalogue: `t('wall.empty')` in the language on screen. Numbers, dates and plurals come from
 * Intl in the same language. English is the source; de.json has the same keys (tests/ui/catalogue.test.ts).
 */
import type en from './en.json';

export type Key = keyof typeof en;
export type Language = 'en' | 'de';
export type Values = Record<string, string | number>;

export const LANGUAGES: readonly { code: Language; name: string }[] = [
  { code: 'en', name: 'English' },
  { code: 'de', name: 'Deutsch' },
];

const STORAGE_KEY = 'keepsight.language';

type Catalogue = Readonly<Record<string, string>>;

const loaders: Record<Language, () => Promise<{ default: Catalogue }>> = {
  en: () => import('./en.json'),
  de: () => import('./de.json'),
};

let catalogue = $state.raw<Catalogue>({});
let language = $state<Language>('en');
let plural = $state.raw(new Intl.PluralRules('en'));

/** The language on screen. Reactive. */
export function currentLanguage(): Language {
  return language;
}

/** The locale for Intl: the browser's own variant of the language where it has one (de-AT, en-GB). */
export function locale(): string {
  const own = navigator.languages.find((tag) => tag.toLowerCase().split('-')[0] === language);
  return own ?? language;
}

function isLanguage(text: string | null | undefined): text is Language {
  return LANGUAGES.some((entry) => entry.code === text);
}

/** The stored choice, else the first of the browser's languages that we have, else English. */
export function preferredLanguage(): Language {
  const stored = localStorage.getItem(STORAGE_KEY);
  if (isLanguage(stored)) return stored;
  for (const tag of navigator.languages) {
    const code = tag.toLowerCase().split('-')[0];
    if (isLanguage(code)) return code;
  }
  return 'en';
}

/** Loads and shows a language; `isChoice` remembers it. */
export async function setLanguage(wanted: Language, { isChoice = false } = {}): Promise<void> {
  catalogue = (await loaders[wanted]()).default;
  language = wanted;
  plural = new Intl.PluralRules(wanted);
  document.documentElement.lang = wanted;
  if (isChoice) keepLanguage();
}

/** Remembers the language on screen. */
export function keepLanguage(): void {
  localStorage.setItem(STORAGE_KEY, language);
}

function fill(text: string, values: Values): string {
  return text.replace(/\{(\w+)\}/g, (whole, name: string) => {
    const value = values[name];
    if (value === undefined) return whole;
    return typeof value === 'number' ? number(value) : value;
  });
}

/** The sentence of a key. With `count`, `key_one` or `key_other` is taken where they exist. */
export function t(key: Key, values: Values = {}): string {
  const count = values['count'];
  if (typeof count === 'number') {
    const form = catalogue[`${key}_${plural.select(count)}`];
    if (form !== undefined) return fill(form, values);
  }
  return fill(catalogue[key] ?? key, values);
}

/** The sentence of a code that the hub chose, or `fallback` for a code newer than this catalogue. */
export function tCode(prefix: string, code: string, fallback: string, values: Values = {}): string {
  const text = catalogue[`${prefix}.${code}`];
  return text === undefined ? fallback : fill(text, values);
}

/** A number as people of the language write it. */
export function number(value: number, fractionDigits = 0): string {
  return new Intl.NumberFormat(locale(), { maximumFractionDigits: fractionDigits }).format(value);
}

const BYTE_UNITS = ['byte', 'kilobyte', 'megabyte', 'gigabyte', 'terabyte', 'petabyte'] as const;

/** Bytes in the decimal unit that disks are sold in, two or three digits. */
export function bytes(value: number): string {
  const power = value < 1 ? 0 : Math.min(Math.floor(Math.log10(value) / 3), BYTE_UNITS.length - 1);
  const scaled = value / 1000 ** power;
  return new Intl.NumberFormat(locale(), {
    style: 'unit',
    unit: BYTE_UNITS[power],
    unitDisplay: power === 0 ? 'long' : 'short',
    maximumFractionDigits: scaled < 10 && power > 2 ? 1 : 0,
  }).format(scaled);
}

/** Bits a second. */
export function bitrate(bitsPerSecond: number): string {
  if (bitsPerSecond >= 1e6) return `${number(bitsPerSecond / 1e6, 1)} Mbit/s`;
  return `${number(bitsPerSecond / 1e3)} kbit/s`;
}

const SHORT_UNITS = [
  ['day', 86_400],
  ['hour', 3_600],
  ['minute', 60],
  ['second', 1],
] as const;

/** A length of time in its two largest units: "3 min 20 sec". */
export function duration(seconds: number): string {
  let rest = Math.max(0, Math.round(seconds));
  const parts: string[] = [];
  for (const [unit, size] of SHORT_UNITS) {
    const count = Math.floor(rest / size);
    if (count === 0 && !(unit === 'second' && parts.length === 0)) continue;
    rest -= count * size;
    parts.push(new Intl.NumberFormat(locale(), { style: 'unit', unit, unitDisplay: 'narrow' }).format(count));
    if (parts.length === 2) break;
  }
  return parts.join(' ');
}

/** How long ago, in words: "5 minutes ago". */
export function ago(seconds: number): string {
  const format = new Intl.RelativeTimeFormat(locale(), { numeric: 'auto', style: 'long' });
  for (const [unit, size] of SHORT_UNITS) {
    if (seconds >= size || unit === 'second') return format.format(-Math.floor(seconds / size), unit);
  }
  return '';
}

const dateFormats = new Map<string, Intl.DateTimeFormat>();

/** Wall microseconds in the browser's time zone. Formats are kept: making one costs about 50 us. */
export function time(us: number, options: Intl.DateTimeFormatOptions): string {
  const tag = locale();
  const key = tag + JSON.stringify(options);
  let format = dateFormats.get(key);
  if (format === undefined) {
    format = new Intl.DateTimeFormat(tag, options);
    dateFormats.set(key, format);
  }
  return format.format(us / 1000);
}

export const CLOCK: Intl.DateTimeFormatOptions = { hour: '2-digit', minute: '2-digit' };
export const CLOCK_SECONDS: Intl.DateTimeFormatOptions = { ...CLOCK, second: '2-digit' };
export const CLOCK_FRAMES: Intl.DateTimeFormatOptions = { ...CLOCK_SECONDS, fractionalSecondDigits: 2 };
export const DAY: Intl.DateTimeFormatOptions = { weekday: 'short', day: 'numeric', month: 'short' };
export const DAY_CLOCK: Intl.DateTimeFormatOptions = { ...DAY, ...CLOCK };
export const DAY_CLOCK_SECONDS: Intl.DateTimeFormatOptions = { ...DAY, ...CLOCK_SECONDS };
