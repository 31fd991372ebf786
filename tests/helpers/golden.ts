/**
 * Golden scripts, in the manner of etcd's raft: blocks of commands, and under `----` what happened.
 * The commands are described in tests/golden/README.md.
 */

import type { Applied } from "../../src/apps/ledger/ledger.ts";
import type { PrivateRecord } from "../../src/apps/private/app.ts";
import { USUAL_TIMES } from "../../src/core/data/limits.ts";
import type { Effect, Event, Notice, Printed } from "../../src/core/types.ts";
import type { Carried } from "../../src/sim/cables.ts";
import { Network } from "../../src/sim/network.ts";
import type { SimNode } from "../../src/sim/sim_node.ts";
import { clockOf } from "./agreement.ts";
import { hashOf } from "./history.ts";
import { APPS } from "./node_subject.ts";
import { Scripted } from "./scripted.ts";

const decoder = new TextDecoder();

/** A script with the output that its commands have now. */
export function rewriteScript(script: string): string {
  const player = new Player();
  return script.split(/\n{2,}/).map((block) => {
    const lines = block.split("\n").filter((line) => line !== "");
    const end = lines.indexOf("----");
    const commands = end < 0 ? lines : lines.slice(0, end);
    if (commands.every((line) => line.startsWith("#"))) return commands.join("\n");
    const output = commands.flatMap((line) => line.startsWith("#") ? [] : player.play(line));
    return [...commands, "----", ...output].join("\n");
  }).join("\n\n") + "\n";
}

/** Plays commands on a network whose lines take 10 ms each. */
class Player {
  readonly #sim = new Network({
    apps: APPS,
    latency_ms: [10, 10],
    in_order: true,
    onCarried: (from, to, carried) => this.#carried(from, to, carried),
    onReduced: (node, event, effects) => this.#reduced(node, event, effects),
  });
  readonly #scripted = new Map<string, Scripted>();
  /** The newest line of each log that a scripted peer wrote. */
  readonly #written = new Map<string, Uint8Array>();
  /** When something last went from one to another, pings that only say "I live" left out. */
  readonly #spoke_ms = new Map<string, number>();
  /** How many answers to such pings are to come from one to another. */
  readonly #asked = new Map<string, number>();
  #lines: string[] = [];
  #counts = new Map<string, number>();
  #loud = true;

  play(line: string): string[] {
    const [command, ...words] = line.split(" ");
    this.#lines = [];
    this.#do(command, words, line);
    return this.#lines;
  }

  #do(command: string, words: string[], line: string): void {
    const sim = this.#sim;
    const [first, second] = words;
    const [a, b] = words.map((word) => this.#find(word));
    switch (command) {
      case "node":
        return this.#addNode(first, words.slice(1));
      case "trace":
        this.#loud = first === "on";
        return;
      case "say":
        return sim.publish(a!, "chat", [words.slice(1).join(" ")]);
      case "pay":
        return this.#pay(a!, words.slice(1));
      case "deliver":
        return sim.deliver();
      case "settle":
        return sim.settle();
      case "tick":
        return sim.pass(millis(first));
      case "cut":
        return sim.cut(a!, b!);
      case "partition":
        return sim.partition(...words.map((group) => group.split(",").map((w) => this.#find(w)!)));
      case "heal":
        return sim.heal();
      case "delay":
        return sim.delay(a!, b!, millis(words[2]));
      case "stall":
      case "unstall":
        return sim.stall(a!, b!, command === "stall");
      case "kill":
        return a!.kill();
      case "leave":
        return sim.leave(a!);
      case "guest":
      case "peer":
        return this.#addScripted(command, first, b!);
      case "send":
        this.#scripted.get(first)!.send(words.slice(1).join(" "));
        return;
      case "entry":
        return this.#entry(first, Number(second), words.slice(2).join(" "));
      case "counts":
        return this.#showCounts();
      case "state":
        return this.#showState(a!);
      case "printed":
        this.#lines.push(...sim.printed(a!));
        return;
      default:
        throw new Error(`No command: ${line}`);
    }
  }

  #find(name: string): SimNode | undefined {
    return this.#sim.nodes.find((node) => node.name === name);
  }

  /** `node NAME [join NAME,...] [history N] [keep BYTES] [app APP]` */
  #addNode(name: string, words: string[]): void {
    const given = new Map<string, string>();
    for (let at = 0; at < words.length; at += 2) given.set(words[at], words[at + 1]);
    const history = given.get("history"), keep = given.get("keep");
    this.#sim.addNode({
      name,
      join: given.get("join")?.split(",").map((other) => this.#find(other) ?? `${other}:7000`),
      front: {
        ...(history !== undefined && { history: Number(history) }),
        ...(given.get("app") === "ledger" && { app: "ledger" as const, topic: "ledger" }),
      },
      config: keep === undefined ? {} : { keep_bytes: Number(keep) },
    });
  }

  #pay(node: SimNode, [from, to, amount, id]: string[]): void {
    const payment = { from, to, amount: Number(amount), ...(id !== undefined && { id }) };
    this.#sim.publish(node, "ledger", [payment]);
  }

  #addScripted(command: string, name: string, node: SimNode): void {
    const one = new Scripted(this.#sim, name, node);
    this.#scripted.set(name, one);
    if (command === "guest") one.asGuest();
    else one.answering().asPeer();
  }

  /** `entry PEER SEQ ITEMS`: signed by the peer, on top of what it wrote with the number before. */
  #entry(name: string, seq: number, items: string): void {
    const peer = this.#scripted.get(name)!;
    const before = this.#written.get(`${name} ${seq - 1}`);
    const previous = before === undefined ? "" : hashOf(before);
    const line = peer.entry({ seq, previous, first: seq, items });
    this.#written.set(`${name} ${seq}`, line);
    peer.send(line);
  }

  #carried(from: string, to: string, carried: Carried): void {
    if (carried.kind !== "line") return this.#tell(`${from}->${to} ${carried.kind}`);
    const line = JSON.parse(decoder.decode(carried.bytes));
    if (this.#isHeartbeat(from, to, line)) return;
    const kind = line.k ?? `entry ${line.t}`;
    this.#counts.set(kind, (this.#counts.get(kind) ?? 0) + 1);
    this.#tell(`${from}->${to} ${this.#describe(line)}`);
  }

  /** Whether a line only says that somebody lives who had nothing to say for a while. */
  #isHeartbeat(from: string, to: string, { k }: { k?: string }): boolean {
    const now_ms = this.#sim.now_ms, way = `${from}>${to}`;
    const asked = this.#asked.get(way) ?? 0;
    if (k === "pong" && asked > 0) {
      this.#asked.set(way, asked - 1);
      return true;
    }
    const idle = now_ms - (this.#spoke_ms.get(way) ?? -Infinity) >= USUAL_TIMES.ping_ms;
    if (k !== "ping" && k !== "pong") this.#spoke_ms.set(way, now_ms);
    if (k !== "ping" || !idle) return false;
    const back = `${to}>${from}`;
    this.#asked.set(back, (this.#asked.get(back) ?? 0) + 1);
    return true;
  }

  // deno-lint-ignore no-explicit-any -- what is carried may be anything
  #describe(line: any): string {
    const name = (id: string) => this.#sim.nameOf(id);
    if (line.k === undefined) {
      const deps = Object.entries(line.d).map(([id, seq]) => `${name(id)}#${seq}`);
      const after = deps.length > 0 ? ` after ${deps.join(" ")}` : "";
      return `entry ${name(line.o)}/${line.t}#${line.s}${after} ${line.b.map(word).join(" ")}`;
    }
    if (line.k === "hello") return line.guest ? "hello guest" : `hello ${name(line.id)}`;
    if (line.k === "proof") return "proof";
    if (line.k === "bye") return `bye ${line.code}`;
    if (line.k === "peers") return `peers ${line.p.map(([id]: [string]) => name(id)).join(" ")}`;
    if (line.k === "gap") return `gap ${name(line.o)}/${line.t} ${line.s}-${line.e}`;
    if (line.k === "want" && line.o) return `want ${name(line.o)}/${line.t}#${line.s}`;
    if (line.k !== "have") return plain(line);
    // deno-lint-ignore no-explicit-any -- as above
    const logs = Object.entries<any>(line.c).flatMap(([id, topics]) =>
      Object.entries(topics).map(([topic, seq]) => `${name(id)}/${topic}:${seq}`)
    );
    const count = line.n === undefined ? [] : [`n=${line.n}`];
    return ["have", ...logs, ...count].join(" ");
  }

  #reduced(node: SimNode, event: Event, effects: readonly Effect[]): void {
    if (event.kind === "dial_failed") this.#tell(`${node.name} cannot dial ${event.address}`);
    for (const effect of effects) {
      if (effect.kind === "dial") this.#tell(`${node.name} dials ${effect.address}`);
      if (effect.kind === "notice") this.#tell(`${node.name} says ${this.#notice(effect.notice)}`);
      if (effect.kind === "done") {
        this.#tell(`${node.name} is done${effect.acknowledged ? "" : ", not acknowledged"}`);
      }
      if (effect.kind !== "print") continue;
      for (const record of effect.records) this.#tell(`${node.name} prints ${this.#print(record)}`);
    }
  }

  #notice(notice: Notice): string {
    if ("origin" in notice) return `${notice.kind} ${this.#sim.nameOf(notice.origin)}`;
    return "address" in notice ? `${notice.kind} ${notice.address}` : notice.kind;
  }

  #print(record: Printed): string {
    if (record.kind === "gap") {
      const { topic, origin, from, to } = record.gap;
      return `gap ${this.#sim.nameOf(origin)}/${topic} ${from}-${to}`;
    }
    if (record.kind === "items") return record.items.map(json).join(" ");
    if (record.app === "private") {
      const { from, items } = record.record as unknown as PrivateRecord;
      return `private ${this.#sim.nameOf(from)} ${items.map(json).join(" ")}`;
    }
    const { transaction, replaced } = record.record as unknown as Applied;
    const { id, from, to, amount } = transaction;
    return `${id} ${from} ${to} ${amount}${replaced ? ` instead of ${replaced.amount}` : ""}`;
  }

  #showCounts(): void {
    for (const [kind, count] of [...this.#counts].sort()) this.#lines.push(`${kind}: ${count}`);
    this.#counts.clear();
  }

  #showState(node: SimNode): void {
    const { session, membership: { life: { phase } } } = node.state;
    const peers = [...session.links.values()].map(({ peer }) => this.#sim.nameOf(peer)).sort();
    const logs = Object.entries(clockOf(node)).map(([name, seq]) => `${name}:${seq}`);
    this.#lines.push(`${phase}; links ${peers.join(" ")}`, ...logs);
  }

  #tell(text: string): void {
    if (this.#loud) this.#lines.push(text);
  }
}

/** An item; in `presence` without the key of its run, which says nothing to a reader. */
function word(item: unknown): string {
  return JSON.stringify(item, (key, value) => key === "box" ? undefined : value);
}

function json(value: unknown): string {
  return JSON.stringify(value);
}

/** Any other control line: its kind and the rest as it is. */
function plain({ k, ...rest }: { k: string }): string {
  return `${k} ${json(rest)}`;
}

function millis(text: string): number {
  const [, number, unit] = /^(\d+)(ms|s)$/.exec(text)!;
  return Number(number) * (unit === "s" ? 1000 : 1);
}
