/** One event at a node: the state of files as it is so far, and what is wanted. */

import type { Id, Json, Source } from "../../core/types.ts";
import type { AppOut, AppView } from "../../core/host/app.ts";
import { ID_START_CHARS } from "../../core/membership/people.ts";
import { MESSAGE_MS, NOTES_MAX } from "./limits.ts";
import type { Link } from "./link.ts";
import type { Message } from "./messages.ts";
import { FILES } from "./options.ts";
import type { FilesState, Job, Transfer } from "./state.ts";
import type { FilesTask } from "./tasks.ts";

type Writable<T> = { -readonly [K in keyof T]: T[K] };

/** What was sent, and nobody waits for how it ends. */
const SENT: Source = { kind: "app", app: FILES, tag: 0 };

/** Somebody has a file that a transfer may want. */
export interface Found {
  readonly transfer: number;
  readonly holder: Id;
  readonly link: Link;
  readonly name: string;
}

/** Lives for one event. The state that came in stays as it is. */
export class FilesTurn {
  readonly state: Writable<FilesState>;
  readonly outs: AppOut[] = [];
  readonly #before: FilesState;
  /** What searches found for gets, and was not looked at yet. */
  readonly found: Found[] = [];
  /** Maps that were copied already. */
  readonly #owned = new Set<unknown>();

  constructor(before: FilesState, readonly view: AppView) {
    this.#before = before;
    this.state = { ...before };
  }

  get now_ms(): number {
    return this.view.now_ms;
  }

  out(out: AppOut): void {
    this.outs.push(out);
  }

  /** Wants to be woken at a time, or before. */
  wakeAt(at_ms: number): void {
    this.state.wake_ms = Math.min(this.state.wake_ms, at_ms);
  }

  /** Another number than all before. */
  number(): number {
    return this.state.next++;
  }

  /** A map of the state that may be changed in place. */
  own<K extends "transfers" | "fetches" | "holders" | "wanting">(
    key: K,
  ): FilesState[K] extends ReadonlyMap<infer A, infer B> ? Map<A, B> : never {
    if (!this.#owned.has(this.state[key])) {
      const copy = new Map(this.state[key] as ReadonlyMap<unknown, unknown>);
      this.#owned.add(copy);
      this.state[key] = copy as never;
    }
    return this.state[key] as never;
  }

  /** Has something done outside the core; gives its tag. Nothing is heard of it where that is broken. */
  work(job: Job, task: FilesTask): number {
    const { state } = this, tag = this.number();
    if (state.worker === "broken") return tag;
    if (state.worker === "off") {
      state.worker = "on";
      const { upload_bytes_max } = state.options;
      this.work({ kind: "open" }, { do: "open", upload_bytes_max });
    }
    state.jobs = state.jobs.set(tag, job);
    this.out({ kind: "work", tag, task });
    return tag;
  }

  /** It is no longer wanted, and nothing is heard of it any more. */
  cancel(tag: number): void {
    this.state.jobs = this.state.jobs.delete(tag);
    this.out({ kind: "cancel", tag });
  }

  /** Says something to the app at another node; with `tag` that ends as a work does. */
  say(to: Id, message: Message, { bulk = false, tag = 0 } = {}): void {
    const source: Source = tag === 0 ? SENT : { kind: "app", app: FILES, tag };
    const items = [message as unknown as Json];
    this.out({ kind: "send", to, items, source, within_ms: MESSAGE_MS, bulk });
  }

  /** Changes a transfer; gives it as it is then. */
  change<T extends Transfer>(transfer: T, change: Partial<T>): T {
    const after = { ...transfer, ...change };
    this.own("transfers").set(after.number, after);
    return after;
  }

  /** Tells the user of a transfer something on the way, and the node's. Nobody reads too many. */
  note<T extends Transfer>(transfer: T, text: string): T {
    if (transfer.notes.length >= NOTES_MAX) return transfer;
    this.out({ kind: "tell", text });
    return this.change<Transfer>(transfer, { notes: [...transfer.notes, text] }) as T;
  }

  /** What somebody is called in a sentence. */
  labelOf(id: Id): string {
    const name = this.view.members.get(id)?.name ?? "";
    return name === "" ? id : `${name} (${id.slice(0, ID_START_CHARS)})`;
  }

  /** The state behind the event; the same reference where nothing changed. */
  finish(): readonly [FilesState, readonly AppOut[]] {
    const before = this.#before, after: FilesState = this.state;
    const keys = Object.keys(after) as (keyof FilesState)[];
    return [keys.some((key) => after[key] !== before[key]) ? after : before, this.outs];
  }
}
