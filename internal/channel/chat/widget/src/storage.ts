// What is kept in the site's own storage, or, where the browser refuses that,
// in memory until the page goes. What the site clears is put back as long as a
// page with the widget is there. Pages of a site see each other's writes a moment
// late, so that what belongs together is an entry of its own: who writes the one
// does not undo the other.

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

/** Where the visitor was. */
export interface Kept {
  /** The targeted messages, by id and version, whose welcome was closed. */
  dismissed?: string[];
  /** The conversation that was open last; null: the visitor asked for a new one. */
  conversation?: string | null;
  /** Whether the panel was open. */
  open?: boolean;
}

/** Keeps the entries of T. */
export class Storage<T extends object> {
  /** What was there last, which the site may have cleared. */
  private memory: Partial<T> = {};
  /** Whether the browser refused to keep that. */
  private refused = false;
  /** Called once what the site cleared is put back. */
  restored = (): void => undefined;

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

  private read(): Partial<T> {
    if (this.refused) return this.memory;
    try {
      const text = this.where().getItem(this.name);
      if (text !== null) this.memory = JSON.parse(text) as Partial<T>;
      else if (Object.keys(this.memory).length) {
        this.write(this.memory);
        this.restored();
      }
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

/** Keeps things of one kind, each in an entry of its own. */
export class Shelf<T extends { key: string; at: number }> {
  private things = new Map<string, T>();
  /** The keys of what the browser refused to keep. */
  private readonly refused = new Set<string>();

  /** kept is cleared when the things are. */
  constructor(
    private readonly prefix: string,
    private readonly kept: Storage<Kept>,
  ) {
    kept.restored = () => {
      for (const thing of this.things.values()) this.put(thing);
    };
  }

  /** All things, oldest first. */
  all(): T[] {
    this.kept.get("open"); // has what was cleared put back
    const found = new Map<string, T>();
    try {
      for (const name of Object.keys(localStorage)) if (name.startsWith(this.prefix)) this.read(name, found);
    } catch {
      return this.sorted(); // blocked
    }
    for (const key of this.refused) if (this.things.has(key)) found.set(key, this.things.get(key)!);
    this.things = found;
    return this.sorted();
  }

  put(thing: T): void {
    this.things.set(thing.key, thing);
    this.refused.delete(thing.key);
    try {
      localStorage.setItem(this.prefix + thing.key, JSON.stringify(thing));
    } catch {
      this.refused.add(thing.key); // blocked, or full
    }
  }

  remove(key: string): void {
    this.things.delete(key);
    this.refused.delete(key);
    try {
      localStorage.removeItem(this.prefix + key);
    } catch {
      // blocked: it was never there
    }
  }

  private read(name: string, into: Map<string, T>): void {
    try {
      const thing = JSON.parse(localStorage.getItem(name)!) as T;
      into.set(thing.key, thing);
    } catch {
      // written by somebody else
    }
  }

  private sorted(): T[] {
    return [...this.things.values()].sort((a, b) => a.at - b.at);
  }
}

/** The session that the pages of a browser share. */
export function credentials(channelKey: string): Storage<Credentials> {
  return new Storage(`parley:${channelKey}`);
}

/** The session that a mailed link began in this tab. */
export function ofTab(channelKey: string): Storage<Credentials> {
  return new Storage(`parley-link:${channelKey}`, () => sessionStorage);
}

/** Where the visitor was. */
export function places(channelKey: string): Storage<Kept> {
  return new Storage(`parley-place:${channelKey}`);
}

/** Calls back when another page of the site changes what is kept of a channel. */
export function watchStorage(channelKey: string, changed: () => void, signal: AbortSignal): void {
  const heard = ({ key }: StorageEvent): void => {
    if (key === null || (key.startsWith("parley") && key.includes(`:${channelKey}`))) changed();
  };
  addEventListener("storage", heard, { signal });
}
