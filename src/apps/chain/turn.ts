/** One event at a node that follows the chain: the state as it is so far, and what is wanted. */

import type { AppOut, AppView } from "../../core/host/app.ts";
import type { ChainState } from "./state.ts";
import { newTree, type Tree } from "./tree.ts";

type Writable<T> = { -readonly [K in keyof T]: T[K] };

const decoder = new TextDecoder();

/** The line of an entry, and without its newline as text, and its hash. */
interface EntryText {
  readonly line: Uint8Array;
  readonly text: string;
  readonly hash: string;
}

/** Lives for one event. The state that came in stays as it is. */
export class ChainTurn {
  readonly state: Writable<ChainState>;
  readonly outs: AppOut[] = [];
  readonly #before: ChainState;
  /** The entry whose items come one after the other. */
  #read: EntryText | null = null;
  /** The line that was counted last. */
  #counted = "";

  constructor(before: ChainState, readonly view: AppView) {
    this.#before = before;
    this.state = { ...before };
    const { env, network } = view;
    const { block_time_ms, floor_hashes } = before.options;
    this.state.tree ??= newTree(
      { network, block_time_ms, floor_hashes, sha256: env.sha256 },
      before.order,
      env,
    );
  }

  get tree(): Tree {
    return this.state.tree!;
  }

  get now_ms(): number {
    return this.view.now_ms;
  }

  /** An entry as text: one for all its items, of which there may be many. */
  readLine(line: Uint8Array): EntryText {
    if (this.#read?.line === line) return this.#read;
    const bytes = line.subarray(0, line.length - 1);
    this.#read = { line, text: decoder.decode(bytes), hash: this.view.env.sha256(bytes) };
    return this.#read;
  }

  /** A record of this line waits now: its bytes count once for all that come one after the other. */
  countLine(line: string): void {
    if (line === this.#counted) return;
    this.#counted = line;
    this.state.pool_bytes += line.length;
  }

  out(out: AppOut): void {
    this.outs.push(out);
  }

  /** The state behind the event; the same reference where nothing changed. */
  finish(): readonly [ChainState, readonly AppOut[]] {
    const before = this.#before, after: ChainState = this.state;
    const keys = Object.keys(after) as (keyof ChainState)[];
    return [keys.some((key) => after[key] !== before[key]) ? after : before, this.outs];
  }
}
