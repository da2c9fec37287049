// What the visitor is about to send, in each conversation: what they write, and
// the files that they attached. Files are uploaded at once, one after the other;
// what was uploaded outlives a reload of the tab. It belongs to the visitor who
// wrote it, and no other one sees it (CH-12).

import { type Api, ApiError, backOff, idempotencyKey, mayPass } from "./api";
import { uploadFile } from "./operations";
import type { Session } from "./session";
import type { Storage } from "./storage";
import type { Attachment, StoredFile } from "./types";

/** How many files a message may have. */
export const mostFiles = 20;
/** How long the server surely keeps a file that was not sent, in milliseconds. */
const waits = 23 * 3600_000;
/** How often the way to the server is tried before the visitor is asked. */
const mostTries = 6;

/** A file on its way; its id is empty until the server has it. */
export interface Upload extends StoredFile {
  /** The idempotency key. */
  key: string;
  /** When the server got it, in milliseconds of the epoch. */
  at: number;
  /** How much of it went out, from 0 to 1. */
  part: number;
  /** Why it does not go on; "": it does. LOST: the page was left before it was uploaded. */
  code: string;
  /** What the server says of that. */
  problem: string;
}

/** What is kept of a conversation, "" being one that the visitor is about to begin. */
interface Place {
  text: string;
  uploads: Upload[];
}

export interface DraftsKept {
  /** By the visitor's id, or "" before there is a session, and the conversation's. */
  unsent: Record<string, Place>;
}

/** What it needs of its owner. */
interface Owner {
  changed(): void;
  needed(code: string): void;
}

export class Drafts {
  private readonly places = new Map<string, Place>();
  private readonly contents = new Map<string, File>();
  private readonly stops = new Map<string, AbortController>();
  private running = false;
  private tries = 0;
  private timer = 0;

  constructor(
    private readonly api: Api,
    private readonly session: Session,
    private readonly storage: Storage<DraftsKept>,
    private readonly owner: Owner,
  ) {
    // A place's name here is that of nameOf.
    for (const [place, { text, uploads }] of Object.entries(storage.get("unsent") ?? {})) {
      this.places.set(place, { text, uploads: uploads.map(recovered) });
    }
  }

  text(place: string): string {
    return this.places.get(this.nameOf(place))?.text ?? "";
  }

  uploads(place: string): Upload[] {
    return this.places.get(this.nameOf(place))?.uploads ?? [];
  }

  /** Whether there is anything that the visitor might miss. */
  any(place: string): boolean {
    return this.text(place).trim() !== "" || this.uploads(place).length > 0;
  }

  /** Whether files are on their way to the server. */
  busy(place: string): boolean {
    return this.uploads(place).some(isWaiting);
  }

  /** Whether there are files to send. */
  ready(place: string): boolean {
    return this.uploads(place).some(({ id }) => id);
  }

  write(place: string, text: string): void {
    this.at(place).text = text;
    this.keep();
  }

  add(place: string, files: File[]): void {
    const { uploads } = this.at(place);
    for (const file of files) {
      const code = !file.size ? "EMPTY" : uploads.filter(isGood).length >= mostFiles ? "TOO_MANY" : "";
      const upload = { key: idempotencyKey(), id: "", fileName: file.name, contentType: file.type, size: file.size, at: 0, part: 0, code, problem: "" };
      uploads.push(upload);
      if (!code) this.contents.set(upload.key, file);
    }
    this.keep();
    void this.pump();
  }

  remove(place: string, key: string): void {
    this.stops.get(key)?.abort();
    this.contents.delete(key);
    const at = this.at(place);
    at.uploads = at.uploads.filter((upload) => upload.key !== key);
    this.keep();
  }

  /** Whether it makes sense to try again what failed. */
  mayRetry({ key, code }: Upload): boolean {
    return this.contents.has(key) && code !== "" && code !== "INVALID";
  }

  retry(upload: Upload): void {
    upload.code = "";
    this.keep();
    void this.pump();
  }

  /** Tries again what failed with that code. */
  release(code: string): void {
    for (const { uploads } of this.places.values()) {
      for (const upload of uploads) if (upload.code === code) upload.code = "";
    }
    this.hurry();
  }

  /** The network is back, or the visitor is. */
  hurry(): void {
    void this.pump();
  }

  /** Gives what was uploaded, to be sent, and forgets it and the text. */
  take(place: string): StoredFile[] {
    const { uploads } = this.at(place);
    this.places.set(this.nameOf(place), { text: "", uploads: uploads.filter((upload) => !upload.id && upload.code !== "LOST") });
    this.keep();
    return uploads.filter(({ id }) => id).map(({ id, fileName, contentType, size }) => ({ id, fileName, contentType, size }));
  }

  /** The conversation has another id now. */
  move(from: string, to: string): void {
    this.rename(this.nameOf(from), this.nameOf(to));
    this.keep();
  }

  /** What one visitor wrote is another's now. */
  inherit(from: string, to: string): void {
    for (const name of this.namesOf(from)) this.rename(name, `${to} ${name.slice(from.length + 1)}`);
    this.keep();
  }

  /** Forgets what a visitor wrote, and what was to be uploaded. */
  forget(by: string): void {
    for (const name of this.namesOf(by)) {
      for (const { key } of this.places.get(name)!.uploads) {
        this.stops.get(key)?.abort();
        this.contents.delete(key);
      }
      this.places.delete(name);
    }
    this.keep();
  }

  private rename(from: string, to: string): void {
    const old = this.places.get(from);
    if (!old || from === to) return;
    const at = this.places.get(to) ?? { text: "", uploads: [] };
    this.places.set(to, { text: at.text || old.text, uploads: [...at.uploads, ...old.uploads] });
    this.places.delete(from);
  }

  /** What a conversation's place is called: whose it is comes first. */
  private nameOf(place: string): string {
    return `${this.session.writer} ${place}`;
  }

  private namesOf(by: string): string[] {
    return [...this.places.keys()].filter((name) => name.startsWith(`${by} `));
  }

  private at(place: string): Place {
    const found = this.places.get(this.nameOf(place)) ?? { text: "", uploads: [] };
    this.places.set(this.nameOf(place), found);
    return found;
  }

  private keep(): void {
    const kept = [...this.places].filter(([, { text, uploads }]) => text || uploads.length);
    this.storage.set("unsent", Object.fromEntries(kept));
    this.owner.changed();
  }

  private next(): { place: string; upload: Upload } | undefined {
    const by = this.session.writer;
    for (const name of this.namesOf(by)) {
      const upload = this.places.get(name)!.uploads.find(isWaiting);
      if (upload) return { place: name.slice(by.length + 1), upload };
    }
    return undefined;
  }

  /** Uploads what is to be uploaded. */
  private async pump(): Promise<void> {
    clearTimeout(this.timer);
    if (this.running) return;
    this.running = true;
    for (let next = this.next(); next; next = this.next()) {
      if (!(await this.attempt(next.place, next.upload))) break;
    }
    this.running = false;
  }

  /** Uploads one file. It reports whether the next one may go. */
  private async attempt(place: string, upload: Upload): Promise<boolean> {
    try {
      Object.assign(upload, await this.send(place, upload), { at: Date.now() });
      this.contents.delete(upload.key);
      this.tries = 0;
      return true;
    } catch (error) {
      return this.fail(upload, error instanceof ApiError ? error : new ApiError("CLIENT", String(error)));
    } finally {
      this.stops.delete(upload.key);
      this.keep();
    }
  }

  private async send(place: string, upload: Upload): Promise<StoredFile> {
    const stop = new AbortController();
    this.stops.set(upload.key, stop);
    const progress = (part: number): void => {
      upload.part = part;
      this.owner.changed();
    };
    await this.session.need();
    const input = { conversationId: place || null, idempotencyKey: upload.key };
    const { attachment } = await this.session.run(async () => {
      if (!this.uploads(place).includes(upload)) throw new ApiError("STALE", "");
      return this.api.upload<{ attachment: Attachment }>(uploadFile, input, this.contents.get(upload.key)!, progress, stop.signal);
    });
    return attachment;
  }

  private fail(upload: Upload, problem: ApiError): boolean {
    upload.part = 0;
    if (problem.code === "ABORTED" || problem.code === "STALE") return true;
    if (mayPass(problem) && this.tries < mostTries) {
      this.timer = setTimeout(() => void this.pump(), backOff(this.tries++));
      return false;
    }
    this.tries = 0;
    [upload.code, upload.problem] = [mayPass(problem) ? "NETWORK" : problem.code, problem.message];
    if (upload.code === "CONSENT_REQUIRED") this.owner.needed(upload.code);
    return true;
  }
}

function isWaiting({ id, code }: Upload): boolean {
  return !id && !code;
}

function isGood(upload: Upload): boolean {
  return upload.id !== "" || isWaiting(upload);
}

/** What a reload leaves of an upload: the page had the file itself. */
function recovered(upload: Upload): Upload {
  return upload.id && Date.now() - upload.at < waits ? upload : { ...upload, id: "", code: "LOST", problem: "" };
}
