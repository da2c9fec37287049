// The visitor's part of the API, as far as the widget uses it.

export interface Consent {
  processing: { mode: "NONE" | "EXPLICIT" | "LEGITIMATE_INTEREST"; text: string; version: string; accepted: boolean } | null;
  communication: { text: string; version: string } | null;
}

export interface Person {
  name: string;
  avatarUrl: string | null;
}

/** Who seems to write; the name is null where it is that of the people. */
export interface Heading {
  name: string | null;
  avatarUrl: string | null;
  people: Person[];
}

export type Timing = "BEFORE_CHAT" | "AFTER_FIRST_MESSAGE" | "AFTER_DELAY" | "WHEN_AWAY" | "NEVER";

export interface EmailCapture {
  timing: Timing;
  delaySeconds: number | null;
  text: string | null;
  needed: boolean;
  /** What else to ask for. */
  fields: FormField[];
}

/** What a visitor fills in. */
export interface FormField {
  key: string;
  label: string;
  kind: string;
  options: { value: string; label: string }[];
  required: boolean;
  when?: "BEFORE_CHAT" | "WITH_EMAIL";
}

export interface TargetedMessage {
  id: string;
  version: number;
  welcomeMessage: string;
  heading: Heading;
  emailCapture: EmailCapture;
  openByItself: boolean;
  /** When it does; without any of them at once. */
  openAfterSeconds: number | null;
  openAfterScroll: number | null;
  openAtLeaving: boolean;
  smallScreen: "NORMAL" | "PROMPT" | "HIDDEN";
  consent: Consent | null;
}

export interface Availability {
  state: "AVAILABLE" | "AWAY" | "OUT_OF_HOURS";
  text: string | null;
  replyTime: string;
  backAt: string | null;
}

export interface Visitor {
  id: string;
  name: string | null;
  email: string | null;
  identified: boolean;
}

export interface WidgetData {
  channelKey: string;
  title: string | null;
  style: { accentColor: string | null; position: "LEFT" | "RIGHT"; avatarUrl: string | null };
  locale: string;
  direction: "LTR" | "RTL";
  texts: { key: string; text: string }[];
  launcherHidden: boolean;
  targetedMessage: TargetedMessage | null;
  visitor: Visitor | null;
  unread: number;
  availability: Availability;
  /** Whether a rule looks at that part of the page's address. */
  matchesQuery: boolean;
  matchesFragment: boolean;
}

/** A file that the server has. */
export interface StoredFile {
  id: string;
  fileName: string;
  contentType: string;
  /** In bytes. */
  size: number;
}

export interface Attachment extends StoredFile {
  /** Holds for ten minutes; null: nobody gets the file. */
  url: string | null;
  scan: "NOT_SCANNED" | "CLEAN" | "INFECTED";
}

/** What stands beside a message's text. */
export interface MessageCard {
  /** ARTICLE: it is read inside the panel. */
  kind: string;
  title: string;
  description: string | null;
  url: string;
  buttonText: string;
  imageUrl: string | null;
  /** Of a video. */
  durationSeconds: number | null;
}

export interface Message {
  id: string;
  number: number;
  /** Null: not known. */
  authorName: string | null;
  authorAvatarUrl: string | null;
  direction: "INCOMING" | "OUTGOING" | "SYSTEM";
  /** Whether the visitor wrote it by e-mail. */
  byEmail: boolean;
  text: string;
  /** The message that it answers, unless that is gone. */
  replyTo: { id: string; text: string } | null;
  createdAt: string;
  seen: boolean;
  attachments: Attachment[];
  cards: MessageCard[];
  /** The answers that it offers. */
  quickReplies: { text: string }[];
  asksForEmail: boolean;
  /** Whether a bot waits for the answer to it. */
  awaitsAnswer: boolean;
  /** When it was loaded, in milliseconds of the epoch. */
  at?: number;
  /** Its place in the list, where a query gave it. */
  cursor?: string;
}

export interface MessagePage {
  edges: { cursor: string; node: Message }[];
  pageInfo: { hasPreviousPage: boolean; startCursor: string | null };
}

/** A question; its text is null for the usual one. */
export interface RatingQuestion {
  scale: "THUMBS" | "FIVE";
  text: string | null;
}

export interface Conversation {
  id: string;
  /** Where its changes were when it was loaded. */
  cursor: string;
  status: "OPEN" | "CLOSED";
  unread: number;
  /** Whether it went on with a visitor who proved who they are: here it is as it was then. */
  continuedElsewhere: boolean;
  assignee: Person | null;
  /** What the visitor is asked now that it is closed; null: nothing. */
  ratingQuestion: RatingQuestion | null;
  messages: MessagePage;
}

export interface UserError {
  code: string;
  message: string;
  field: string[] | null;
}

/** A change of a conversation, live. */
export type Change =
  | { __typename: "VisitorMessageChange"; cursor: string; kind: "ADDED" | "CHANGED" | "DELETED"; message: Message }
  | { __typename: "VisitorTyping"; authorName: string; typing: boolean }
  | { __typename: "VisitorStatusChange"; cursor: string; status: "OPEN" | "CLOSED" }
  | { __typename: "VisitorQueueChange"; queuePosition: number | null }
  | { __typename: "VisitorConversationContinued" };
