/** Light, dark, or what the system says. */
export type ThemeChoice = 'system' | 'light' | 'dark';

const STORAGE_KEY = 'keepsight.theme';
const systemIsDark = matchMedia('(prefers-color-scheme: dark)');

function storedChoice(): ThemeChoice {
  const stored = localStorage.getItem(STORAGE_KEY);
  return stored === 'light' || stored === 'dark' ? stored : 'system';
}

class Theme {
  choice = $state<ThemeChoice>(storedChoice());
  /** The theme on screen; canvases repaint when it changes. */
  shown = $state<'light' | 'dark'>('light');

  constructor() {
    systemIsDark.addEventListener('change', () => this.apply());
    this.apply();
  }

  set(choice: ThemeChoice): void {
    this.choice = choice;
    if (choice === 'system') localStorage.removeItem(STORAGE_KEY);
    else localStorage.setItem(STORAGE_KEY, choice);
    this.apply();
  }

  private apply(): void {
    const isDark = this.choice === 'dark' || (this.choice === 'system' && systemIsDark.matches);
    this.shown = isDark ? 'dark' : 'light';
    document.documentElement.dataset['theme'] = this.shown;
    const colour = getComputedStyle(document.documentElement).getPropertyValue('--ground').trim();
    document.querySelector('meta[name="theme-color"]')?.setAttribute('content', colour);
  }
}

export const theme = new Theme();
