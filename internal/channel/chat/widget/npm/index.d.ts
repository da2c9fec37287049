// The types of Parley's chat widget: what a page can call, hear and set.

/** What the tag, or load, says of the widget. */
export interface Settings {
  /** The language, such as "de-AT"; default: that of the page, else of the browser. */
  locale?: string;
  /** A CSS selector: the chat stands inside that element, always open. */
  inline?: string;
  /** A CSS selector: clicks on such elements open and close the panel, and Parley's launcher is not shown. */
  launcher?: string;
  /** Whether visitors can attach files; default: true. */
  attachments?: boolean;
  /** Whether the widget waits for Parley.load(); default: false. */
  manual?: boolean;
  /** What a visitor who asked for the chat reads while the server cannot be reached. */
  unreachable?: string;
}

/** What load of the npm package takes. */
export interface LoadOptions extends Settings {
  /** The address of the Parley server, such as "https://parley.example.com". */
  server: string;
  /** The key of the chat channel. */
  channel: string;
  /** The page's nonce, if its Content-Security-Policy asks for one. */
  nonce?: string;
}

/** Where the launcher and the panel stand. What is left out stays as the channel's style says. */
export interface Position {
  side?: "left" | "right";
  /** The distance from the page's lower edge, in CSS pixels, 0 to 2000. */
  bottom?: number;
  zIndex?: number;
}

/** What comes with each event. */
export interface ParleyEvents {
  /** The widget knows what to show on the page. */
  ready: undefined;
  /** The same; it comes again after each destroy and load. */
  load: undefined;
  open: { byItself: boolean };
  close: undefined;
  /** A message came in for the visitor. */
  message: { id: string; authorName: string; text: string };
  /** How many messages the visitor has not read, and in how many conversations. */
  unread: { count: number; conversations: number };
  /** The visitor left an e-mail address. */
  email: undefined;
  /** The visitor began a conversation. */
  conversationStarted: { conversationId: string };
  /** The shown conversation was closed. */
  conversationClosed: { conversationId: string };
  /** The visitor, or openConversation, chose one of the conversations. */
  conversationSelected: { conversationId: string };
  /** The team knows the visitor now: they left an address, or it is proved who they are. */
  contactAssociated: { visitorId: string };
  /** What is wrong with the installation, or keeps the widget from the server, as the console says it. */
  error: { message: string };
}

/** A call that did not work. */
export interface ParleyError extends Error {
  /** The API's code, such as "INVALID", or "NETWORK". */
  code: string;
}

/** What a page's scripts can do with the widget: window.Parley. */
export interface Parley {
  /** Starts the widget, where the tag has data-load="manual", or after destroy. */
  load(): void;
  /** Takes the widget out of the page; what the visitor wrote stays theirs. */
  destroy(): void;
  /** The same as destroy. */
  remove(): void;
  status(): "removed" | "loading" | "ready";
  /** Opens the panel, and starts the widget if it is not there. text is put into the field if that is empty. */
  open(options?: { text?: string }): void;
  close(): void;
  /** Opens one of the visitor's conversations; rejects with NOT_FOUND if it is not theirs. */
  openConversation(id: string): Promise<void>;
  /** Asks again what to show on this page, as after a change of its address. */
  refresh(): void;
  /** Proves who the visitor is by a JWT that the site's back end signed; rejects if it does not hold. */
  identify(jwt: string): Promise<void>;
  /** Ends the visitor's session on the server, and forgets them in this browser. */
  logout(): Promise<void>;
  /** Says something of the visitor, by the names of defined properties; rejects if it does not fit. */
  setProperties(properties: Record<string, unknown>): Promise<void>;
  /** Changes the language. */
  setLocale(locale: string): void;
  setPosition(position: Position): void;
  /** The visitor's id; null: they have no session yet. */
  readonly visitorId: string | null;
  readonly unreadCount: number;
  /** Calls back at each event of that name; returns what ends that. */
  on<E extends keyof ParleyEvents>(event: E, listener: (detail: ParleyEvents[E]) => void): () => void;
  /** Calls back at the next event of that name. */
  once<E extends keyof ParleyEvents>(event: E, listener: (detail: ParleyEvents[E]) => void): () => void;
  off<E extends keyof ParleyEvents>(event: E, listener: (detail: ParleyEvents[E]) => void): void;
}

/** A call that waits until the widget's script is there: a function, or a name with what it takes. */
export type Queued = ((parley: Parley) => unknown) | [name: keyof Parley, ...taken: unknown[]];

/** Brings the widget into the page, once; resolves when its script runs. Rejects if the script cannot be loaded. */
export function load(options: LoadOptions): Promise<Parley>;

declare global {
  interface Window {
    Parley?: Parley | { q: Queued[] };
  }
  interface WindowEventMap {
    parley: CustomEvent<Parley>;
  }
}
