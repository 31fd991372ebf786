/** Simulated networks of nodes that have files, and what tests see of their searches. */

import { createHash } from "node:crypto";
import { filesApp } from "./holding.ts";
import type { HeldFile } from "../../../src/apps/files/search/messages.ts";
import type { SearchRequest } from "../../../src/apps/files/search/requests.ts";
import type { Row, Search, Searches } from "../../../src/apps/files/search/state.ts";
import type { App, AppOut } from "../../../src/core/host/app.ts";
import type { Json } from "../../../src/core/types.ts";
import { Network, type NodeOptions } from "../../../src/sim/network.ts";
import type { SimNode } from "../../../src/sim/sim_node.ts";

/** The link of some file of so many chunks. */
export function linkOf(word: string, chunks = 1): string {
  return `${createHash("sha256").update(word).digest("hex")}.${chunks * 8_192}`;
}

/** A file that is here as a whole, or only some of its chunks. */
export function file(name: string, has: HeldFile["has"] = null, chunks = 1): HeldFile {
  return { name, link: linkOf(name, chunks), has };
}

/** A message that a node sent. */
export interface Sent {
  readonly from: string;
  readonly to: string;
  readonly at_ms: number;
  // deno-lint-ignore no-explicit-any -- messages of any kind
  readonly item: any;
}

/** Nodes that link only to whom they join. */
export class SearchNetwork {
  readonly network: Network;
  /** What nodes sent, as they meant it. */
  readonly sent: Sent[] = [];

  constructor(seed = 1) {
    this.network = new Network({ seed, latency_ms: [1, 20] });
  }

  /** Starts a node that has files. */
  node(
    name: string,
    join: readonly SimNode[] = [],
    files: readonly HeldFile[] = [],
    options: Omit<NodeOptions, "config"> = {},
  ): SimNode {
    const apps = options.apps ?? [this.#heard(filesApp(files))];
    const config = { overlay: "given", name } as const;
    return this.network.addNode({ name, join, ...options, apps, config });
  }

  /** A row of nodes, each with its files, that know each other. */
  row(...all: readonly (readonly HeldFile[])[]): SimNode[] {
    const nodes: SimNode[] = [];
    for (const [at, files] of all.entries()) {
      nodes.push(this.node(`n${at}`, nodes.slice(-1), files));
    }
    this.network.settle();
    return nodes;
  }

  /** Searches to the end. */
  search(node: SimNode, words: string, more: Partial<SearchRequest> = {}): Search {
    begin(node, words, more);
    this.network.run(() => searchOf(node).step.do === "forget");
    return searchOf(node);
  }

  /** The requests that went out, as `FROM>TO:BUDGET`. */
  get asked(): string[] {
    const nameOf = (id: string) => this.network.nodes.find((node) => node.id === id)!.name;
    return this.sent.filter(({ item }) => item.k === "search")
      .map(({ from, to, item }) => `${from}>${nameOf(to)}:${item.budget}`);
  }

  #heard(app: App): App {
    return {
      ...app,
      reduce: (state, event, view) => {
        const [after, outs] = app.reduce!(state, event, view);
        for (const out of outs) if (out.kind === "send") this.#note(view.name, view.now_ms, out);
        return [after, outs];
      },
    };
  }

  #note(from: string, at_ms: number, { to, items }: Extract<AppOut, { kind: "send" }>): void {
    for (const item of items) this.sent.push({ from, to, at_ms, item });
  }
}

/** Begins a search at the prompt of a node. */
export function begin(node: SimNode, words: string, more: Partial<SearchRequest> = {}): void {
  const request: SearchRequest = { k: "search", words: words.split(","), ...more };
  node.request("files", request as unknown as Json);
}

/** What a node knows of searches. */
export function searchesOf({ state }: SimNode): Searches {
  return (state.host.states.get("files") as { searches: Searches }).searches;
}

/** The newest search of a node. */
export function searchOf(node: SimNode): Search {
  return [...searchesOf(node).own.values()].at(-1)!;
}

/** What a search found: `NAME of HOLDER`, with the runs where it has not all. */
export function finds({ network }: SearchNetwork, { rows }: Pick<Search, "rows">): string[] {
  return [...rows.from()].map((row) => findOf(network, row));
}

function findOf(network: Network, { name, holder, has }: Row): string {
  const by = network.nodes.find(({ id }) => id === holder)?.name ?? holder;
  return `${name} of ${by}${has === null ? "" : ` ${JSON.stringify(has)}`}`;
}
