// What is kept in the site's own storage, or, where the browser refuses that,
// in memory until the page goes. What the site clears is put back as long as a
// page with the widget is there.

import type { Draft } from "./outbox";

/** Who a visitor is, as far as a browser must know it to keep visitors apart. */
export interface Who {
  id: string;
  /** Whether it is proved who they are: such a visitor never turns into another (CH-8). */
  identified: boolean;
  /** The visitors of this browser who turned into this one: what they wrote is this one's. */
  was: string[];
}

/** Whose session it is. */
export interface Credentials {
  /** The visitor's token; null: the last one's session was ended. */
  token?: string | null;
  visitor?: Who | null;
}

/** What is kept as long as the browser keeps it. */
export interface Kept extends Credentials {
  /** What was written and not answered yet. */
  outbox?: Draft[];
  /** The keys of what was answered, or discarded: no page sends it again. */
  finished?: string[];
  /** The targeted messages, by id and version, whose welcome was closed. */
  dismissed?: string[];
  /** The conversation that was open last. */
  conversation?: string | null;
  /** Whether the panel was open. */
  open?: boolean;
}

/** Keeps the entries of T. */
export class Storage<T extends object = Kept> {
  /** What was there last, which the site may have cleared. */
  private memory: Partial<T> = {};
  /** Whether the browser refused to keep that. */
  private refused = false;

  /** where may throw, if the browser refuses. */
  constructor(
    private readonly name: string,
    private readonly where = () => localStorage,
  ) {}

  get<K extends keyof T>(key: K): Partial<T>[K] {
    return this.read()[key];
  }

  set<K extends keyof T>(key: K, value: T[K]): void {
    this.put({ [key]: value } as unknown as Partial<T>);
  }

  /** Sets several entries at once. */
  put(entries: Partial<T>): void {
    this.write({ ...this.read(), ...entries });
  }

  /** Keeps what is there beyond this page, and calls back when another page of the site changes it. */
  watch(changed: () => void): void {
    addEventListener("pagehide", () => this.read());
    addEventListener("storage", ({ key }) => {
      if (key === this.name || key === null) changed();
    });
  }

  private read(): Partial<T> {
    if (this.refused) return this.memory;
    try {
      const text = this.where().getItem(this.name);
      if (text !== null) this.memory = JSON.parse(text) as Partial<T>;
      else if (Object.keys(this.memory).length) this.write(this.memory);
    } catch {
      // blocked, or written by somebody else: what was there last holds
    }
    return this.memory;
  }

  private write(entries: Partial<T>): void {
    this.memory = entries;
    try {
      this.where().setItem(this.name, JSON.stringify(entries));
      this.refused = false;
    } catch {
      this.refused = true; // blocked, or full
    }
  }
}

/** What the pages of a browser share on a channel. */
export function shared(channelKey: string): Storage {
  return new Storage(`parley:${channelKey}`);
}

/** The session that a mailed link began in this tab. */
export function ofTab(channelKey: string): Storage<Credentials> {
  return new Storage<Credentials>(`parley-link:${channelKey}`, () => sessionStorage);
}
