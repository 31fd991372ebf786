/** A conversation: an app asks for one line after the other, instead of taking lines as items. */

import type { Json } from "../../core/types.ts";
import type { NodeState } from "../../core/node.ts";
import { readLines } from "../input/lines.ts";
import type { Complain } from "../input/lines.ts";
import type { Terminal } from "../prompt/mod.ts";

/** What an app needs to talk with its user; gives whether the user wants to leave. */
export type Talk = (desk: TalkDesk) => Promise<boolean>;

/** The user, and the node that runs. */
export interface TalkDesk {
  /** Prints a question on a line of its own, and gives the next line; null at the end of the input. */
  readonly ask: (question: string) => Promise<string | null>;
  /** Prints whole lines on stdout. */
  readonly print: (text: string) => Promise<void>;
  readonly node: () => NodeState;
  /** Wants something of an app; resolves to null when it is done, or to why it was not. */
  readonly request: (app: string, request: Json) => Promise<string | null>;
}

/** The lines of a pipe, one by one. */
export async function* pipedLines(complain: Complain): AsyncGenerator<string, void> {
  const read = (buffer: Uint8Array) => Deno.stdin.read(buffer);
  for await (const { items } of readLines(read, "utf-8", complain)) yield* items as string[];
}

/**
 * The lines that are typed, one by one. They are read on while the app does something else, so that
 * Ctrl-C is heard at once.
 */
export function typedLines(
  terminal: Pick<Terminal, "lines">,
  interrupt: () => void,
): AsyncGenerator<string, void> {
  const waiting: (string | null)[] = [];
  let arrived = Promise.withResolvers<void>();
  const push = (line: string | null) => {
    waiting.push(line);
    arrived.resolve();
  };
  const read = async () => {
    for await (const event of terminal.lines()) {
      if (event.kind === "interrupt") interrupt();
      if (event.kind === "interrupt") break;
      if (event.kind === "line") push(event.text);
    }
    push(null);
  };
  read();
  return (async function* () {
    for (;;) {
      for (let line = waiting.shift(); line !== undefined; line = waiting.shift()) {
        if (line === null) return;
        yield line;
      }
      arrived = Promise.withResolvers<void>();
      await arrived.promise;
    }
  })();
}

/** Requests of the user that wait for how they ended. */
export class OpenRequests {
  readonly #open = new Map<number, (why: string | null) => void>();
  #next = 1;

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
    return resolve !== undefined;
  }
}
