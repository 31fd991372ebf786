/** A tracker's reducer, and the crowd of those who connect to it, without a socket. */

import { proofText } from "../../src/core/wire/line.ts";
import { initialTracker, reduceTracker, type TrackerState } from "../../src/tracker/tracker.ts";
import { getLink } from "../../src/tracker/links.ts";
import type { Effect, Event, LinkId, Notice } from "../../src/core/types.ts";
import { envOf, fakeCrypto } from "../../src/sim/crypto.ts";

const crypto = fakeCrypto();
const encoder = new TextEncoder();
const decoder = new TextDecoder();
const PEERS = encoder.encode('{"k":"peers"');
/** The tracker itself. */
export const ME = crypto.signer("me");
const ENV = envOf(crypto, ME, crypto.sealer("me"));

/** Who somebody says that it is. */
export interface Guise {
  readonly address?: string;
  readonly label?: string;
  readonly host?: string;
}

/** How a crowd is made. */
export interface CrowdOptions {
  readonly peers_max?: number;
  /** Called before and after each event: for who looks at the states themselves. */
  readonly watch?: (before: TrackerState, event: Event) => () => void;
}

export class Crowd {
  state: TrackerState;
  now_ms = 1_000_000;
  /** What each link was sent, and which were closed by the tracker. */
  readonly sent = new Map<LinkId, Uint8Array[]>();
  readonly closed = new Set<LinkId>();
  readonly notices: Notice[] = [];
  isDone = false;
  /** Lists and differences that were sent: lines and bytes. */
  readonly told = { lines: 0, bytes: 0 };
  readonly #watch: CrowdOptions["watch"];
  #links = 0;

  constructor({ peers_max = 10_000, watch }: CrowdOptions = {}) {
    this.#watch = watch;
    this.state = initialTracker({ id: ME.id, network: "rumor", peers_max });
    const host = { host: null, fallback_host: "meet", port: 7900 };
    this.event({ kind: "started", now_ms: this.now_ms, ...host });
    this.tick();
  }

  /** Reduces an event. */
  event(event: Event): void {
    const check = this.#watch?.(this.state, event);
    const [after, effects] = reduceTracker(this.state, event, ENV);
    check?.();
    this.state = after;
    for (const effect of effects) this.#perform(effect);
  }

  /** Lets time pass, and tells the tracker as often as it asked to be told. */
  pass(pause_ms: number): void {
    const end_ms = this.now_ms + pause_ms;
    while (this.state.wake_ms <= end_ms) {
      this.now_ms = Math.max(this.now_ms, this.state.wake_ms);
      this.event({ kind: "tick", now_ms: this.now_ms });
    }
    this.now_ms = end_ms;
  }

  /** Everything of this moment is over. */
  tick(): void {
    this.event({ kind: "tick", now_ms: this.now_ms });
  }

  /** Somebody connects. */
  open(host = "there"): LinkId {
    const link = ++this.#links;
    this.sent.set(link, []);
    const hosts = { local_host: "meet", remote_host: host };
    const nonce = `nonce-${link}`;
    this.event({ kind: "opened", now_ms: this.now_ms, link, dialled: null, nonce, ...hosts });
    return link;
  }

  /** Somebody says lines, as text or as objects. */
  say(link: LinkId, ...lines: readonly unknown[]): void {
    const bytes = lines.map((line) =>
      encoder.encode(typeof line === "string" ? line : JSON.stringify(line))
    );
    this.event({ kind: "lines", now_ms: this.now_ms, link, lines: bytes });
  }

  /** Somebody connects and says who it is; not more happens before the next tick. */
  join(name: string, guise: Guise = {}): LinkId {
    const link = this.open(guise.host);
    this.say(link, this.hello(name, guise), this.proof(name, link));
    return link;
  }

  hello(name: string, { address = `${name}:7000`, label }: Guise = {}): Record<string, unknown> {
    const { id } = crypto.signer(name);
    const hello = { k: "hello", v: 1, network: "rumor", id, address, nonce: `of-${name}` };
    return label === undefined ? hello : { ...hello, name: label };
  }

  proof(name: string, link: LinkId): Record<string, unknown> {
    const { id, sign } = crypto.signer(name);
    return { k: "proof", z: sign(proofText("rumor", `nonce-${link}`, id, ME.id)) };
  }

  /** The connection is gone, without a word. */
  vanish(link: LinkId): void {
    this.event({ kind: "closed", now_ms: this.now_ms, link });
  }

  /** What a link was sent, parsed. */
  // deno-lint-ignore no-explicit-any -- lines of any kind
  heard(link: LinkId, kind?: string): any[] {
    const all = this.sent.get(link)!.map((line) => JSON.parse(decoder.decode(line)));
    return kind === undefined ? all : all.filter(({ k }) => k === kind);
  }

  /** Forgets what was sent so far. */
  forget(): void {
    for (const lines of this.sent.values()) lines.length = 0;
  }

  /** Somebody answers the ping that it was sent last, if it did not yet. */
  answerPing(link: LinkId): void {
    const x = getLink(this.state.links, link)?.asked_bytes ?? -1;
    if (x >= 0) this.say(link, { k: "pong", x });
  }

  /** The code of the goodbye that a link was told; undefined where it is open. */
  byeOf(link: LinkId): string | undefined {
    return this.heard(link, "bye")[0]?.code;
  }

  #count(line: Uint8Array): void {
    if (!PEERS.every((byte, at) => line[at] === byte)) return;
    this.told.lines++;
    this.told.bytes += line.length;
  }

  #perform(effect: Effect): void {
    switch (effect.kind) {
      case "send":
        if (this.closed.has(effect.link)) throw new Error("sent behind a close");
        this.sent.get(effect.link)!.push(...effect.lines);
        for (const line of effect.lines) this.#count(line);
        return;
      case "close":
        this.closed.add(effect.link);
        return;
      case "notice":
        this.notices.push(effect.notice);
        return;
      case "done":
        this.isDone = true;
        return;
      default:
        throw new Error(`a tracker has no use for ${effect.kind}`);
    }
  }
}

/** The list that somebody has who follows what it was told: address by id. */
export function listOf(
  lines: readonly { p?: [string, string][]; gone?: string[]; k: string }[],
): Map<string, string> {
  const list = new Map<string, string>();
  for (const { k, p = [], gone = [] } of lines) {
    if (k !== "peers") continue;
    for (const id of gone) list.delete(id);
    for (const [id, address] of p) list.set(id, address);
  }
  return list;
}
