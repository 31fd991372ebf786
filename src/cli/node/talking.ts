/** A conversation: an app asks for one line after the other, instead of taking lines as items. */

import type { Json } from "../../core/types.ts";
import type { NodeState } from "../../core/node.ts";
import type { Runtime } from "../../shell/node/runtime.ts";
import { type Fault, readItem } from "../input/items.ts";
import { readLines } from "../input/lines.ts";
import { stdout } from "../output/stdout.ts";
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

/** What a conversation needs of the session. */
export interface TalkParts extends Pick<TalkDesk, "complain" | "request"> {
  readonly runtime: Runtime;
  /** Null where lines come from a pipe. */
  readonly terminal: Terminal | null;
  /** Says a line beside the output. */
  readonly tell: (line: string) => void;
  /** Leaves as after the last line. */
  readonly quit: () => void;
  /** Ctrl-C, which is a key like others at a prompt. */
  readonly interrupt: () => void;
}

const encoder = new TextEncoder();

/** Lets an app talk with the user; whether the input came to its end by itself. */
export async function converse(talk: Talk, parts: TalkParts): Promise<boolean> {
  const { runtime, terminal, tell, complain, request } = parts;
  const replies = terminal === null
    ? pipedReplies((buffer) => Deno.stdin.read(buffer))
    : typedReplies(terminal, parts.interrupt);
  const print = async (text: string) => {
    if (terminal === null) await stdout.print(text);
    else terminal.printAbove(() => stdout.writeNow(encoder.encode(text)));
  };
  await runtime.inputOpen();
  const quits = await talk({
    ask: async (question) => {
      await print(`${question}\n`);
      return await replies.next();
    },
    print,
    tell: (text) => tell(`rumor: ${text}`),
    complain,
    node: () => runtime.state,
    request,
  });
  if (quits) parts.quit();
  return !quits;
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
