/** The node's reducer as the laws see it: links that are up, and lines that come on them. */

import fc from "fast-check";
import { chat } from "../../src/apps/chat/app.ts";
import { ledger } from "../../src/apps/ledger/app.ts";
import { privateMessages } from "../../src/apps/private/app.ts";
import { looksLikeEntry } from "../../src/core/log/entry.ts";
import { proofText } from "../../src/core/wire/line.ts";
import { initialState, type NodeState, reduceNode } from "../../src/core/node.ts";
import type { Effect, Event, LinkId } from "../../src/core/types.ts";
import type { NodeConfig } from "../../src/core/data/config.ts";
import { USUAL_TIMES } from "../../src/core/data/limits.ts";
import { envOf } from "../../src/sim/crypto.ts";
import { crypto, histories, ORIGINS, textItem, transactionItem } from "./history.ts";
import { type Output, runThrough, type Subject } from "./laws.ts";

/** One line of a link, without its newline. */
export interface LinkLine {
  readonly link: LinkId;
  readonly bytes: Uint8Array;
}

export type ReduceNode = typeof reduceNode;
export const NOW_MS = 2_000;
const encoder = new TextEncoder();
const ME = crypto.signer("me"), SEALER = crypto.sealer("me");
/** What the node may call. */
export const ENV = envOf(crypto, ME, SEALER);
/** The apps that it runs. */
export const APPS = [chat, ledger, privateMessages];
const PEERS = ["ann", "bob", "cyd"];

/** What a node is told about itself, where a test does not care. */
export const CONFIG: NodeConfig = {
  id: ME.id,
  network: "rumor",
  join: [],
  must_join: false,
  trackers: [],
  name: "",
  box: SEALER.box,
  overlay: "fingers",
  spread: "flood",
  times: USUAL_TIMES,
  durable: false,
  advertise: null,
  keep_bytes: 1_000_000,
  front: { app: "chat", topic: "chat", echo: true, history: null, dedup_text: false },
};

/** Reduces one event. */
export function drive(
  state: NodeState,
  event: Event,
  reduce: ReduceNode = reduceNode,
): [NodeState, Effect[]] {
  return reduce(state, event, ENV);
}

/** Reduces events one after the other, with a tick behind them. */
export function driveAll(
  state: NodeState,
  events: readonly Event[],
  reduce: ReduceNode = reduceNode,
): [NodeState, Effect[]] {
  const effects: Effect[] = [];
  for (const event of [...events, { kind: "tick", now_ms: NOW_MS } as const]) {
    const [after, given] = drive(state, event, reduce);
    state = after;
    effects.push(...given);
  }
  return [state, effects];
}

/** A running node on which links wait for a hello. */
export function startNode(config: Partial<NodeConfig> = {}, links = PEERS.length): NodeState {
  const host = { host: null, fallback_host: "me", port: 7000 };
  const opened = Array.from({ length: links }, (_, index) => openedEvent(index + 1));
  const started = { kind: "started", now_ms: NOW_MS, ...host } as const;
  return driveAll(initialState({ ...CONFIG, ...config }, 1, APPS), [started, ...opened])[0];
}

/** A connection came in. */
export function openedEvent(link: LinkId): Event {
  const hosts = { local_host: "me", remote_host: "there" };
  return { kind: "opened", now_ms: NOW_MS, link, dialled: null, nonce: `nonce-${link}`, ...hosts };
}

/** Text lines on a link. */
export function linesEvent(link: LinkId, ...lines: readonly (string | Uint8Array)[]): Event {
  const bytes = lines.map((line) => typeof line === "string" ? encoder.encode(line) : line.slice());
  return { kind: "lines", now_ms: NOW_MS, link, lines: bytes };
}

/** What a peer says to be let in on a link that was opened with `openedEvent()`. */
export function greeting(link: LinkId, name: string, network = "rumor"): string[] {
  const { id, sign } = crypto.signer(name);
  const hello = { k: "hello", v: 1, network, id, address: `${name}:7000`, nonce: `of-${name}` };
  const proof = { k: "proof", z: sign(proofText(network, `nonce-${link}`, id, ME.id)) };
  return [hello, proof, { k: "have", c: {} }].map((line) => JSON.stringify(line));
}

/** A running node with a peer on each of the links 1, 2, 3. */
export function linkedNode(config: Partial<NodeConfig> = {}): NodeState {
  const greetings = PEERS.map((name, index) => linesEvent(index + 1, ...greeting(index + 1, name)));
  return driveAll(startNode(config), greetings)[0];
}

/** Effects by channel: what is sent link by link, the rest kind by kind. */
export function channels(effects: readonly Effect[]): Output {
  const output: Record<string, unknown[]> = {};
  const put = (channel: string, ...parts: unknown[]) => (output[channel] ??= []).push(...parts);
  for (const effect of effects) {
    if (effect.kind === "send") put(`send ${effect.link}`, ...effect.lines);
    else if (effect.kind === "print") put("print", ...effect.records);
    else put(effect.kind, effect);
  }
  return output;
}

/** Control lines that a peer may send at any time. */
export const controlLine: fc.Arbitrary<Uint8Array> = fc.oneof(
  fc.record({
    k: fc.constant("have"),
    c: fc.dictionary(
      fc.constantFrom(...ORIGINS, ME.id),
      fc.dictionary(fc.constantFrom("chat", "ledger"), fc.integer({ min: 1, max: 9 })),
    ),
    n: fc.nat(3_000),
  }),
  fc.record({ k: fc.constantFrom("ping", "pong"), x: fc.nat(99) }),
  fc.constantFrom({ k: "want", peers: true }, { k: "new", x: 1 }, {
    k: "from",
    t: "chat",
    skip: 1,
  }),
  fc.record({
    k: fc.constant("want"),
    o: fc.constantFrom(...ORIGINS),
    t: fc.constant("chat"),
    s: fc.integer({ min: 1, max: 5 }),
  }),
  fc.record({
    k: fc.constant("gap"),
    o: fc.constantFrom(...ORIGINS),
    t: fc.constant("chat"),
    s: fc.constant(1),
    e: fc.integer({ min: 1, max: 4 }),
  }),
  fc.record({
    k: fc.constant("peers"),
    p: fc.array(fc.tuple(fc.constantFrom(...ORIGINS), fc.constantFrom("x:1", "y:2"))),
  }),
).map((line) => encoder.encode(JSON.stringify(line)));

/** Sessions: histories of two topics over three links, some lines on several, control lines between. */
export const sessions: fc.Arbitrary<LinkLine[]> = fc.tuple(
  histories(textItem, "chat", 24),
  histories(transactionItem, "ledger", 14),
).chain(([chat, ledger]) => {
  const entries = [...chat, ...ledger].map(({ line }) => line);
  const entry = entries.length === 0 ? controlLine : fc.constantFrom(...entries);
  const link = fc.integer({ min: 1, max: PEERS.length });
  const more = fc.array(
    fc.record({
      link,
      bytes: fc.oneof({ weight: 2, arbitrary: entry }, controlLine),
      at: fc.nat(entries.length),
    }),
    { maxLength: 12 },
  );
  const links = fc.array(link, { minLength: entries.length, maxLength: entries.length });
  return fc.tuple(links, more).map(([links, more]) => {
    const lines: LinkLine[] = entries.map((bytes, index) => ({ link: links[index], bytes }));
    for (const { at, ...line } of more) lines.splice(at, 0, line);
    return lines;
  });
});

/** The node, driven with lines; the buffers of a batch are overwritten once it was reduced. */
export function nodeSubject(
  reduce: ReduceNode = reduceNode,
  config: Partial<NodeConfig> = {},
): Subject<NodeState, LinkLine> {
  const base = linkedNode(config);
  return {
    empty: () => base,
    reduce: (state, batch) => {
      const effects: Effect[] = [];
      for (let at = 0; at < batch.length;) {
        const { link } = batch[at];
        const end = batch.findIndex((line, index) => index > at && line.link !== link);
        const lines = batch.slice(at, end < 0 ? batch.length : end).map(({ bytes }) => bytes);
        at += lines.length;
        const event = linesEvent(link, ...lines);
        const [after, given] = drive(state, event, reduce);
        if (event.kind === "lines") { for (const line of event.lines) line.fill(0x7e); }
        state = after;
        effects.push(...given);
      }
      return [state, channels(effects)];
    },
    inputs: sessions,
    finish: (state) => {
      const [served, now] = drive(state, { kind: "tick", now_ms: NOW_MS }, reduce);
      const [after, later] = drive(served, { kind: "tick", now_ms: NOW_MS + 1_000 }, reduce);
      return [after, channels([...now, ...later])];
    },
  };
}

/** What link 2 is sent of entries (without newlines) after all lines came on link 1. */
export function relayed(
  lines: readonly Uint8Array[],
  reduce: ReduceNode = reduceNode,
): Uint8Array[] {
  const subject = nodeSubject(reduce);
  const [, output] = runThrough(subject, [lines.map((bytes) => ({ link: 1, bytes }))]);
  const sent = (output["send 2"] ?? []) as Uint8Array[];
  return sent.map((line) => line.subarray(0, -1)).filter(looksLikeEntry);
}
