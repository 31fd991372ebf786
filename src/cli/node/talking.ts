/** A conversation: an app asks for one line after the other, instead of taking lines as items. */

import { deadline } from "@std/async/deadline";
import type { Json } from "../../core/types.ts";
import type { NodeState } from "../../core/node.ts";
import { type Fault, readItem } from "../input/items.ts";
import { readLines } from "../input/lines.ts";
import type { Terminal } from "../prompt/mod.ts";

/** What an app needs to talk with its user; gives whether the user wants to leave. */
export type Talk = (desk: TalkDesk) => Promise<boolean>;

/** A line of the user, what is wrong with it, or null at the end of the input. */
export type Reply = string | Fault | null;

/** The user, and the node that runs. */
export interface TalkDesk {
  /** Prints a question on a line of its own, and gives the next line, however bad it is. */
  readonly ask: (question: string) => Promise<Reply>;
  /** Prints whole lines on stdout. */
  readonly print: (text: string) => Promise<void>;
  /** Tells the user beside the output. */
  readonly tell: (text: string) => void;
  /** The same, and the run ends with this code, unless something else failed before. */
  readonly complain: (text: string, code: number) => void;
  readonly node: () => NodeState;
  /** Wants something of an app; resolves to null when it is done, or to why it was not. */
  readonly request: (app: string, request: Json) => Promise<string | null>;
}

/** Lines that came before they were asked for. */
export class Replies {
  readonly #waiting: Reply[] = [];
  #failed: Error | null = null;
  #arrived = Promise.withResolvers<void>();
  #taken = Promise.withResolvers<void>();

  /** One more; null ends them. */
  push(reply: Reply): void {
    this.#waiting.push(reply);
    this.#arrived.resolve();
  }

  /** The input cannot be read any more: whoever asks next is told. */
  fail(error: Error): void {
    this.#failed = error;
    this.#arrived.resolve();
  }

  /** Resolves when all that came were taken. */
  async whenTaken(): Promise<void> {
    while (this.#waiting.length > 0) {
      this.#taken = Promise.withResolvers<void>();
      await this.#taken.promise;
    }
  }

  /** The next one; at the end null, however often it is asked for. */
  async next(): Promise<Reply> {
    while (this.#waiting.length === 0) {
      if (this.#failed !== null) throw this.#failed;
      this.#arrived = Promise.withResolvers<void>();
      await this.#arrived.promise;
    }
    const [reply] = this.#waiting;
    if (reply !== null) this.#waiting.shift();
    this.#taken.resolve();
    return reply;
  }
}

/** The lines of a pipe; it is read on when those that came were taken. */
export function pipedReplies(read: (buffer: Uint8Array) => Promise<number | null>): Replies {
  const replies = new Replies();
  const readOn = async (buffer: Uint8Array) => {
    await replies.whenTaken();
    return await read(buffer);
  };
  const refuse = (number: number, why: string) => replies.push({ fault: `line ${number}: ${why}` });
  const pump = async () => {
    for await (const { items, first } of readLines(readOn, "utf-8", refuse)) {
      for (const [at, item] of items.entries()) {
        const line = readItem(item);
        if (typeof line === "string") replies.push(line);
        else refuse(first + at, "no text");
      }
    }
    replies.push(null);
  };
  pump().catch((error: Error) => replies.fail(error));
  return replies;
}

/** The lines that are typed. They are read on meanwhile, so that Ctrl-C is heard at once. */
export function typedReplies(terminal: Pick<Terminal, "lines">, interrupt: () => void): Replies {
  const replies = new Replies();
  const pump = async () => {
    for await (const event of terminal.lines()) {
      if (event.kind === "interrupt") interrupt();
      if (event.kind === "interrupt") break;
      if (event.kind === "line") replies.push(event.text);
      if (event.kind === "refused") {
        replies.push({ fault: `${event.bytes} bytes are too long for a line` });
      }
    }
    replies.push(null);
  };
  pump().catch((error: Error) => replies.fail(error));
  return replies;
}

/** Requests of the user that wait for how they ended. */
export class OpenRequests {
  readonly #open = new Map<number, (why: string | null) => void>();
  #next = 1;
  #changed = Promise.withResolvers<void>();

  /** Sends a request under a number of its own; resolves to how it ended. */
  send(send: (tag: number) => void): Promise<string | null> {
    const tag = this.#next++;
    const { promise, resolve } = Promise.withResolvers<string | null>();
    this.#open.set(tag, resolve);
    send(tag);
    return promise;
  }

  /** One ended; false where nobody here waits for it. */
  end(tag: number, why: string | null): boolean {
    const resolve = this.#open.get(tag);
    this.#open.delete(tag);
    resolve?.(why);
    this.#changed.resolve();
    this.#changed = Promise.withResolvers<void>();
    return resolve !== undefined;
  }

  /** Resolves when fewer than so many wait. */
  async fewerThan(count: number): Promise<void> {
    while (this.#open.size >= count) await this.#changed.promise;
  }

  /** Resolves when none waits any more, or after a while, to how many do. */
  async settled(within_ms: number): Promise<number> {
    // Whether it was in time is seen by what is left.
    await deadline(this.fewerThan(1), within_ms).catch(() => {});
    return this.#open.size;
  }
}
