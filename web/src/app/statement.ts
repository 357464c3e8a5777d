/** The household's privacy statement as the hub writes it: headings, paragraphs and lists of plain Markdown. */
export interface Run {
  text: string;
  isStrong: boolean;
}

export type Block = { kind: 'title' | 'heading' | 'text'; runs: Run[] } | { kind: 'list'; items: Run[][] };

const WORDS_PER_MINUTE = 200;

function runsOf(text: string): Run[] {
  return text
    .split('**')
    .map((part, index) => ({ text: part, isStrong: index % 2 === 1 }))
    .filter((run) => run.text !== '');
}

/** Blocks in order; what is no heading and no list is text. */
export function readStatement(markdown: string): Block[] {
  const blocks: Block[] = [];
  for (const part of markdown.split(/\n{2,}/)) {
    const text = part.trim();
    if (text === '') continue;
    if (text.startsWith('## ')) blocks.push({ kind: 'heading', runs: runsOf(text.slice(3)) });
    else if (text.startsWith('# ')) blocks.push({ kind: 'title', runs: runsOf(text.slice(2)) });
    else if (text.startsWith('- ')) blocks.push({ kind: 'list', items: text.split('\n').map((line) => runsOf(line.replace(/^- /, ''))) });
    else blocks.push({ kind: 'text', runs: runsOf(text) });
  }
  return blocks;
}

/** How long it is, for whoever wonders whether to read it. */
export function lengthOf(markdown: string): { words: number; minutes: number } {
  const words = markdown.replace(/^(#+|-) /gm, '').replaceAll('**', '').split(/\s+/).filter((word) => word !== '').length;
  return { words, minutes: Math.max(1, Math.round(words / WORDS_PER_MINUTE)) };
}
