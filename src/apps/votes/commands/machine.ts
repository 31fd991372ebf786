/** The voting machine: it asks for votes, one after the other, and casts each on the newest chain. */

import { deadline } from "@std/async/deadline";
import { delay } from "@std/async/delay";
import type { Json } from "../../../core/types.ts";
import { askNode } from "../../../core/node.ts";
import { CHAIN } from "../builds_on.ts";
import { readVote, type Vote, voteItem } from "../items.ts";
import { EXIT } from "../../../cli/args/exit.ts";
import { isFault } from "../../../cli/input/items.ts";
import type { TalkDesk } from "../../../cli/node/talking.ts";
import { type Format, jsonLine } from "../../../cli/output/line.ts";
import type { NewestRequest, RecordRequest } from "./builds_on.ts";
import { readTally, tallyText } from "./text.ts";

const QUESTIONS = {
  option: "Enter option ('a' add record, 'd' display tally, 'q' quit):",
  voter: "Enter voter id:",
  choice: "Enter choice:",
} as const;
const REFUSED = "Invalid/duplicate Vote!";

/** While others vote, this part of a block time is waited at most, and that so often: three of them. */
const PAUSE_PART = 1 / 2;
const PAUSES_MAX = 12;

/** How the machine is set up. */
export interface MachineOptions {
  readonly election: string;
  readonly format: Format;
  readonly block_time_ms: number;
  /** How long a vote may take until it is counted. */
  readonly timeout_ms: number;
}

/** Talks with the user until that one quits (true), or the input ends (false). */
export async function runMachine(desk: TalkDesk, options: MachineOptions): Promise<boolean> {
  return await new Machine(desk, options).run();
}

class Machine {
  readonly #desk: TalkDesk;
  readonly #options: MachineOptions;
  /** Votes that are not counted yet, though they should be. */
  #late = 0;

  constructor(desk: TalkDesk, options: MachineOptions) {
    this.#desk = desk;
    this.#options = options;
  }

  async run(): Promise<boolean> {
    for (;;) {
      const option = await this.#ask("option");
      const quits = option === "q";
      if (quits || option === null) {
        this.#sayLate();
        return quits;
      }
      if (option === "a") await this.#add();
      else if (option === "d") await this.#display();
      else {
        const text = "this is no option; there are a, d and q";
        await this.#print({ refused: text }, text);
      }
    }
  }

  /** Whoever leaves is told of votes that may or may not be counted. */
  #sayLate(): void {
    if (this.#late === 0) return;
    const many = this.#late === 1 ? "a vote is" : `${this.#late} votes are`;
    this.#desk.complain(`${many} not counted yet`, EXIT.unacknowledged);
  }

  /** The user's next word; undefined where it is no text, which is told, and null at the end. */
  async #ask(what: keyof typeof QUESTIONS): Promise<string | undefined | null> {
    const { json } = this.#options.format;
    const reply = await this.#desk.ask(json ? JSON.stringify({ ask: what }) : QUESTIONS[what]);
    if (!isFault(reply)) return reply?.trim() ?? null;
    this.#desk.tell(reply.fault);
  }

  async #add(): Promise<void> {
    const voter = await this.#ask("voter");
    const choice = voter === null ? null : await this.#ask("choice");
    // Half a vote is none.
    if (voter === null || choice === null) return;
    const vote = readVote({ k: "vote", voter: voter ?? null, choice: choice ?? null });
    if (typeof vote === "string") return await this.#refuse(vote);
    await this.#cast({ ...vote, election: this.#options.election });
  }

  async #cast(vote: Vote): Promise<void> {
    await this.#waitForOthers();
    const request = { item: voteItem(vote), depth: 1 } satisfies RecordRequest;
    const ended = this.#desk.request(CHAIN, request);
    const why = await deadline(ended, this.#options.timeout_ms).catch(() => undefined);
    if (why !== undefined) return await this.#tellEnd(vote, why);
    await this.#tellLate(vote);
    ended.then((why) => {
      this.#late--;
      return this.#tellEnd(vote, why);
    });
  }

  /** Waits for the newest chain, and while votes wait for a block, a moment more and again. */
  async #waitForOthers(): Promise<void> {
    for (let pauses = 0;; pauses++) {
      await this.#desk.request(CHAIN, { newest: true } satisfies NewestRequest);
      const is_busy = this.#answer("votes_waiting").length > 0;
      if (!is_busy || pauses === PAUSES_MAX) return;
      await delay(Math.random() * PAUSE_PART * this.#options.block_time_ms);
    }
  }

  async #tellEnd(vote: Vote, why: string | null): Promise<void> {
    if (why !== null) return await this.#refuse(why);
    const [row] = this.#answer("vote", vote.election, vote.voter);
    // The best branch may be another one meanwhile, in which it waits again.
    if (row === undefined) return await this.#tellLate(vote);
    const block = Number(row[1]);
    await this.#print({ counted: { ...wordsOf(vote), block } }, `Counted in block ${block}.`);
  }

  async #tellLate(vote: Vote): Promise<void> {
    this.#late++;
    await this.#print({ waits: wordsOf(vote) }, "Not counted yet, but it may still be.");
  }

  async #refuse(why: string): Promise<void> {
    if (!this.#options.format.json) this.#desk.tell(why);
    await this.#print({ refused: why }, REFUSED);
  }

  async #display(): Promise<void> {
    const { election, format } = this.#options;
    const tally = readTally(this.#answer("votes", election))!;
    if (format.json) await this.#print({ tally }, "");
    else if (tally.length === 0) await this.#print({}, "Nobody has voted yet.");
    else await this.#desk.print(tallyText(tally, format));
  }

  /** Prints an object, or a line for people. */
  async #print(object: Json, line: string): Promise<void> {
    const { format } = this.#options;
    await this.#desk.print(format.json ? jsonLine(object, format) : `${line}\n`);
  }

  /** What the node itself answers. */
  #answer(question: string, ...args: string[]): (readonly string[])[] {
    return askNode(this.#desk.node(), question, args)!;
  }
}

function wordsOf({ voter, choice }: Vote) {
  return { voter, choice };
}
