/** One node's chain app, alone: events in, and what it wants; blocks need no work there. */

import type { App, AppEvent, AppOut, AppView } from "../../../src/core/host/app.ts";
import type { Id, Json, Source } from "../../../src/core/types.ts";
import { chain } from "../../../src/apps/chain/app.ts";
import type { Block } from "../../../src/apps/chain/blockchain.ts";
import { BLOCKS } from "../../../src/apps/chain/blocks.ts";
import { CHAIN, type ChainOptions } from "../../../src/apps/chain/options.ts";
import { RECORDS } from "../../../src/apps/chain/record.ts";
import type { ChainState } from "../../../src/apps/chain/state.ts";
import { appViewOf } from "../../helpers/app_view.ts";
import { itemsOf } from "../../helpers/delivered.ts";
import { makeEntry, ORIGINS } from "../../helpers/history.ts";
import { CONFIG, ENV, linkedNode } from "../../helpers/node_subject.ts";
import { RULES } from "./stage.ts";

const VIEW: AppView = appViewOf(linkedNode());

/** A node that follows the chain of the rules of the stage. */
export class Follower {
  state: ChainState;
  now_ms: number;
  neighbours: readonly Id[] = ORIGINS;
  #seq = 0;

  /** `others` are the apps that build on the chain. */
  constructor(
    now_ms: number,
    options: Partial<ChainOptions> = {},
    others: readonly App[] = [],
  ) {
    const { block_time_ms } = RULES;
    const apps = { [CHAIN]: { block_time_ms, mine: "never", ...options } };
    this.state = chain.initial({ ...CONFIG, apps }, others) as ChainState;
    this.now_ms = now_ms;
    this.tell({ kind: "started" });
  }

  /** Its id. */
  get self(): Id {
    return VIEW.self;
  }

  /** Gives it an event; what it wants then. */
  tell(event: AppEvent): readonly AppOut[] {
    const { network, sha256 } = RULES, env = { ...ENV, sha256 };
    const { now_ms, neighbours } = this;
    const view: AppView = { ...VIEW, env, network, now_ms, neighbours };
    const [state, outs] = chain.reduce!(this.state, event, view);
    this.state = state as ChainState;
    return outs;
  }

  /** Blocks that one of the origins published, in one entry each. */
  blocks(blocks: readonly Block[], origin: Id = ORIGINS[0]): readonly AppOut[] {
    return this.#deliver(BLOCKS, blocks as unknown as Json[], origin);
  }

  /** Records of one of the origins, in one entry each. */
  records(items: readonly Json[], origin: Id = ORIGINS[0]): readonly AppOut[] {
    return this.#deliver(RECORDS, items, origin);
  }

  /** Somebody wants something; `by` is the app that it was handed to first. */
  request(request: Json, source: Source, by: string | null = null): readonly AppOut[] {
    return this.tell({ kind: "request", request, source, by });
  }

  #deliver(topic: string, items: readonly Json[], origin: Id): readonly AppOut[] {
    const entries = items.map((item) => {
      const seq = ++this.#seq, previous = seq === 1 ? "" : "h".repeat(43);
      return makeEntry({ origin, topic, seq, previous, items: JSON.stringify([item]) });
    });
    return this.tell({ kind: "delivered", items: itemsOf(entries) });
  }
}
