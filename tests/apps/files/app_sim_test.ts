/** The app in simulated networks of real cores, whose nodes cannot dial each other for files. */

import { assert, assertEquals } from "@std/assert";
import { files } from "../../../src/apps/files/app.ts";
import type { Link } from "../../../src/apps/files/link.ts";
import type { FilesState } from "../../../src/apps/files/state.ts";
import type { FilesTask, ManifestFile } from "../../../src/apps/files/tasks.ts";
import type { App } from "../../../src/core/host/app.ts";
import type { Json } from "../../../src/core/types.ts";
import { Network } from "../../../src/sim/network.ts";
import type { SimNode } from "../../../src/sim/sim_node.ts";
import type { Done } from "../../../src/sim/sim_work.ts";
import { Disk } from "./app_disk.ts";
import { linkOf } from "./searching.ts";

/** A task, and the node that it is of: work in a simulation is done by one for all. */
type TaskOf = { readonly self: string; readonly task: FilesTask };

/** Nodes with disks in a row: each is linked to its neighbours only, and no other connection is made. */
class Row {
  readonly disks = new Map<string, Disk>();
  readonly network: Network;
  readonly nodes: SimNode[] = [];

  constructor(count: number, seed: number) {
    const worker = (of: unknown) => this.#work(of as TaskOf);
    const latency_ms = [1, 10] as const;
    this.network = new Network({ seed, latency_ms, apps: [OWNED], workers: { files: worker } });
    for (let at = 0; at < count; at++) {
      const config = { overlay: "given" } as const, join = this.nodes.slice(-1);
      this.nodes.push(this.network.addNode({ name: `n${at}`, join, config }));
    }
    this.network.settle();
  }

  disk(node: SimNode): Disk {
    const known = this.disks.get(node.id) ?? new Disk(new Map<Link, readonly ManifestFile[]>());
    this.disks.set(node.id, known);
    return known;
  }

  share(node: SimNode, link: Link): void {
    node.request("files", { k: "share", key: "s", path: this.disk(node).put("it", link) });
  }

  /** Fetches something; gives how long that took in milliseconds, and null where it came to nothing. */
  get(node: SimNode, link: Link): number | null {
    const from_ms = this.network.now_ms, patience_ms = 20_000;
    const request = {
      k: "get",
      key: link,
      what: link,
      directory: "/here",
      name: link,
      patience_ms,
    };
    node.request("files", request as unknown as Json);
    this.network.run(() => endOf(node, link) !== null);
    return endOf(node, link) === "done" ? this.network.now_ms - from_ms : null;
  }

  #work({ self, task }: TaskOf): Done {
    const disk = this.disk(this.nodes.find(({ id }) => id === self)!);
    try {
      return { takes_ms: 1, result: doOn(disk, task) };
    } catch (error) {
      return { takes_ms: 1, result: null, fault: (error as Error).message };
    }
  }
}

/** The app, whose tasks say which node they are of. */
const OWNED: App = {
  ...files,
  reduce: (state, event, view) => {
    const [after, outs] = files.reduce!(state, event, view), { self } = view;
    return [
      after,
      outs.map((out) => out.kind === "work" ? { ...out, task: { self, task: out.task } } : out),
    ];
  },
};

function doOn(disk: Disk, task: FilesTask): unknown {
  switch (task.do) {
    case "open":
    case "watch":
      return null;
    case "share":
      return disk.share(task.path, null);
    case "admit":
      return { port: 7, token: "t", has: disk.has(task.link), ...disk.about(task.link) };
    case "begin":
      return disk.begin(task.fetch, task.link, task.target);
    case "put":
      return disk.take(task.fetch, task.range, task.chunks);
    case "read":
      // As long as real ones are.
      return disk.read(task.link, task.range).map((text) => text.padEnd(10_924, "="));
    case "finish":
      return disk.finish(task.fetch);
    case "stop":
      return disk.stop(task.fetch) ?? null;
    default:
      throw new Error("nobody can be dialled");
  }
}

function endOf({ state }: SimNode, key: string): string | null {
  const { transfers } = state.host.states.get("files") as FilesState;
  return [...transfers.values()].find((one) => one.key === key)?.ended?.how ?? null;
}

Deno.test("a file goes hop by hop over nine nodes in a row, within seconds", () => {
  const row = new Row(9, 1), [first, last] = [row.nodes[0], row.nodes[8]];
  for (
    const [link, within_ms] of [[linkOf("3 kB"), 3_000], [linkOf("2 MB", 250), 5_000]] as const
  ) {
    row.share(first, link);
    const time_ms = row.get(last, link);
    assert(time_ms !== null && time_ms <= within_ms, `${time_ms} ms`);
    assertEquals(row.disk(last).written.get(`/here/${link}`), link);
  }
});

Deno.test("a neighbour that sends something else is excluded, and who has it further away brings it", () => {
  const row = new Row(5, 2), [first, , , liar, last] = row.nodes, link = linkOf("it", 40);
  for (const node of [first, liar]) row.share(node, link);
  row.disk(liar).lies = true;
  assert(row.get(last, link) !== null);
  assertEquals(row.disk(last).written.get(`/here/${link}`), link);
  const { transfers, holders, owed } = last.state.host.states.get("files") as FilesState;
  const notes = [...transfers.values()].flatMap((one) => one.notes);
  assertEquals(notes, [
    `${liar.id} sent what is not in ${link}, and is not asked for it any more`,
  ]);
  assertEquals([holders.size, owed.ways.all, owed.chunks.all], [0, 0, 0]);
});
