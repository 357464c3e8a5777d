/** Short messages at the edge of the screen, also read out. At most three, each for a few seconds. */
export interface Notice {
  id: number;
  text: string;
  tone: 'plain' | 'bad';
}

const NOTICES_MAX = 3;
const SHOWN_MS = 6_000;

class Notices {
  list = $state.raw<Notice[]>([]);
  private next = 1;

  say(text: string, tone: Notice['tone'] = 'plain'): void {
    const notice = { id: this.next++, text, tone };
    this.list = [...this.list.slice(1 - NOTICES_MAX), notice];
    setTimeout(() => this.drop(notice.id), SHOWN_MS);
  }

  drop(id: number): void {
    this.list = this.list.filter((notice) => notice.id !== id);
  }
}

export const notices = new Notices();
