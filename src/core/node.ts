/**
 * The node: one reducer over everything that happens to it. It composes the rooms: says which hears of
 * an event, and hands on what they give back. What is to be sent and printed is decided only in
 * `tick()`, so that it comes in batches as large as the input was. .github/ARCHITECTURE.md follows a
 * line through it.
 */

import type { Effect, Env, Event, LinkId } from "./types.ts";
import { HERE } from "./broadcast/branch.ts";
import { reduceBroadcast } from "./broadcast/reduce.ts";
import { lazyOn } from "./broadcast/slice.ts";
import type { BroadcastEvent, BroadcastOut } from "./broadcast/turn.ts";
import { type FlowEvent, reduceFlow } from "./flow/reduce.ts";
import { type Congestion, owedBytes, stuckAt } from "./flow/slice.ts";
import { reduceGuests } from "./guests/reduce.ts";
import type { GuestEvent, GuestOut } from "./guests/turn.ts";
import { reduceHost } from "./host/reduce.ts";
import { refuser } from "./host/refuse.ts";
import type { HostEvent, HostOut } from "./host/turn.ts";
import { type Entry, hashedBytes, logKey, peekHeader, signedBytes } from "./log/entry.ts";
import { type LogEvent, type LogOut, reduceLog } from "./log/reduce.ts";
import { type Delivered, PRESENCE, seenLog } from "./log/slice.ts";
import { isThere } from "./membership/members.ts";
import { isStray } from "./membership/links.ts";
import { reduceMembership } from "./membership/reduce.ts";
import { isTracker, maySign } from "./membership/slice.ts";
import type { MembershipEvent, MembershipOut } from "./membership/turn.ts";
import { congestionOf, isDrained } from "./output/congestion.ts";
import { reduceOutput } from "./output/reduce.ts";
import { promised } from "./output/slice.ts";
import type { OutputEvent, OutputOut } from "./output/turn.ts";
import { reducePublish } from "./publish/reduce.ts";
import { draftBytes, isAckAwaited } from "./publish/slice.ts";
import type { PublishEvent, PublishOut } from "./publish/turn.ts";
import { pingMark, reduceRepair, type RepairEvent, type RepairOut } from "./repair/reduce.ts";
import { windowOf } from "./repair/slice.ts";
import { reduceReplication } from "./replication/reduce.ts";
import { openLogs } from "./replication/slice.ts";
import type { ReplicationEvent, ReplicationOut } from "./replication/turn.ts";
import { reduceSession } from "./session/reduce.ts";
import { isPeer, linkTo, type Session } from "./session/slice.ts";
import type { LineOf, SessionEvent, SessionOut } from "./session/turn.ts";
import { initialState, type NodeState, StateView, Turn } from "./state.ts";
import { isSettled, reduceStorage } from "./storage/reduce.ts";
import type { StorageEvent, StorageOut } from "./storage/turn.ts";
import { areMessagesAwaited } from "./unicast/outgoing.ts";
import { reduceUnicast } from "./unicast/reduce.ts";
import type { UnicastEvent, UnicastOut } from "./unicast/turn.ts";
import { readClock } from "./wire/clock_lines.ts";
import { decodeAny, type Decoded } from "./wire/decode.ts";
import { encodeLine, type Line } from "./wire/line.ts";
import type { Out } from "./wire/room.ts";
import { ACK_DELAY_MS, DRAFT_BYTES_MAX, LOSSY_ACK_MS, STUCK_MS } from "./data/limits.ts";

export { initialState, type NodeState };

/** What a node does about an event. Pure: the state that came in is untouched. */
export function reduceNode(state: NodeState, event: Event, env: Env): [NodeState, Effect[]] {
  const node = new Node(state, event.now_ms, env);
  node.handle(event);
  return node.finish();
}

/** Whether more of the user's input may be published now; else it must wait. */
export function isInputOpen(state: NodeState): boolean {
  return state.membership.life.phase === "running" &&
    draftBytes(state.publish) < DRAFT_BYTES_MAX && state.storage.fault === null &&
    congestionOf(viewOf(state), INPUT_SHARE) === null;
}

/** What is answered to a question about a node, as guests are answered; null for no such question. */
export function askNode(
  state: NodeState,
  question: string,
  args: readonly string[] = [],
): (readonly string[])[] | null {
  return viewOf(state).answers(question, args);
}

/**
 * Which part of what is kept a reader may be behind: the own input waits before the others are made
 * to, so that sources which are all ahead of their links do not slow each other down.
 */
const INPUT_SHARE = 1 / 4, RELAY_SHARE = 1 / 2;

/** Everything that a room may hand back. */
type AnyOut =
  | Out
  | LogOut
  | SessionOut
  | ReplicationOut
  | RepairOut
  | MembershipOut
  | BroadcastOut
  | UnicastOut
  | PublishOut
  | OutputOut
  | GuestOut
  | HostOut
  | StorageOut;

/** What each room takes. */
interface Events {
  log: LogEvent;
  session: SessionEvent;
  flow: FlowEvent;
  replication: ReplicationEvent;
  repair: RepairEvent;
  membership: MembershipEvent;
  broadcast: BroadcastEvent;
  unicast: UnicastEvent;
  publish: PublishEvent;
  output: OutputEvent;
  guests: GuestEvent;
  storage: StorageEvent;
  host: HostEvent;
}

type Room = keyof Events;

const REDUCERS: {
  readonly [R in Room]: (
    slice: NodeState[R],
    event: Events[R],
    view: StateView,
  ) => readonly [NodeState[R], readonly AnyOut[]];
} = {
  log: reduceLog,
  session: reduceSession,
  flow: reduceFlow,
  replication: reduceReplication,
  repair: reduceRepair,
  membership: reduceMembership,
  broadcast: reduceBroadcast,
  unicast: reduceUnicast,
  publish: reducePublish,
  output: reduceOutput,
  guests: reduceGuests,
  storage: reduceStorage,
  host: reduceHost,
};

/** The composition of the rooms, for one event. */
class Node extends Turn {
  readonly #view: StateView;
  /** Answers of rooms to questions of this event. */
  #relay = false;
  #settled = false;

  constructor(before: NodeState, now_ms: number, env: Env) {
    super(before, now_ms, env);
    this.#view = new StateView(this);
  }

  /** Gives an event to the rooms that it concerns. */
  handle(event: Event): void {
    switch (event.kind) {
      case "restored":
        return this.#tell("storage", { kind: "restored", restored: event.restored });
      case "loaded":
        this.#tell("storage", { kind: "loaded", rows: event.rows });
        return this.#tell("log", { kind: "trim", keep_bytes: this.state.config.keep_bytes });
      case "started":
        return this.#start(event);
      case "stored":
        this.#tell("storage", { kind: "stored", fault: event.fault });
        return this.#show();
      case "renewed":
        return this.#renew(event.id);
      case "opened":
        return this.#open(event);
      case "dial_failed":
        return this.#tell("membership", event);
      case "lines":
        return this.#receive(event.link, event.lines);
      case "garbled":
        this.count(`rejected:${event.code}`);
        return this.#close(event.link, event.code, "bytes that are no lines of the protocol");
      case "closed":
        return this.#forgetLink(event.link);
      case "publish":
        if (this.state.membership.life.phase === "done") return;
        return this.#tell("publish", { ...event, refuse: this.#refuser(event.topic) });
      case "request": {
        const { app, request, tag } = event;
        return this.#tell("host", {
          kind: "request",
          app,
          request,
          source: { kind: "local", tag },
        });
      }
      case "worked":
        return this.#tell("host", event);
      case "printed":
        return this.#tell("output", { kind: "printed", bytes: event.bytes });
      case "leave":
        return this.#tell("membership", { kind: "leave", deadline_ms: event.deadline_ms });
      case "tick":
        return this.#tick();
    }
  }

  override finish(): [NodeState, Effect[]] {
    // What forgets a link may close others.
    for (const link of this.closing) this.#forgetLink(link);
    this.#tell("session", { kind: "spoke", links: this.speaking });
    return super.finish();
  }

  /** Gives an event to one room, and hands on what it gives back. */
  #tell<R extends Room>(room: R, event: Events[R]): void {
    const [slice, outs] = REDUCERS[room](this.state[room], event, this.#view);
    this.state[room] = slice;
    for (const out of outs) this.#hand(out);
  }

  /** The hand-offs between rooms: what one gives back, and who hears of it. */
  #hand(out: AnyOut): void {
    switch (out.kind) {
      // To the outside.
      case "send":
        return this.send(out.link, out.lines);
      case "close":
        return this.#close(out.link, out.code, out.why);
      case "drop":
        return void this.drop(out.link);
      case "notice":
      case "print":
      case "dial":
      case "renew":
      case "persist":
      case "quarantine":
      case "work":
      case "cancel":
        return this.effect(out);
      case "count":
        return this.count(out.what, out.times);
      case "wake":
        return this.wakeAt(out.at_ms);
      case "ended":
        return this.end(out.acknowledged);
      // The log changed.
      case "delivered":
        return this.#deliver(out.delivered);
      case "forked":
        return this.#endLog(out);
      case "gapped":
        this.count("gaps");
        this.#tell("storage", { kind: "news", news: { gaps: [out.gap] } });
        return this.#tell("output", { kind: "gapped", gap: out.gap });
      case "forgot":
        return this.#forgetLogs(out);
      case "unfit":
        return this.#tell("storage", out);
      case "entry":
        return this.#insertOwn(out.entry);
      // Links.
      case "greeted":
        return this.#greeted(out.session);
      case "ping":
        return this.#ping(out.link);
      case "first_clock":
        return this.#tell("repair", out);
      case "streamed":
        return this.#tell("repair", out);
      case "sent":
      case "acked":
      case "reported":
      case "asked":
      case "handed_on":
        return this.#tell("flow", out);
      case "ack_due":
        return this.#tell("flow", { kind: "due", link: out.link, due_ms: out.due_ms });
      case "told":
      case "offer_again":
      case "touch":
        return this.#tell("replication", out);
      case "greet_again":
        return this.#tell("session", { kind: "greet_again", link: out.link });
      // Members.
      case "speak":
        return this.#tell("publish", { kind: "draft", topic: PRESENCE, items: out.items });
      case "announce":
        return this.#tell("membership", out);
      case "seek":
        return this.#tell("membership", out);
      case "settle_at":
        return this.#tell("session", { kind: "settled_at", host: out.host });
      case "want_peers":
        this.#say(out.link, { k: "want", peers: true });
        return this.#tell("repair", { kind: "wants_peers", link: out.link, wants: out.wants });
      case "entered":
        return this.#tell("output", { kind: "begun", history_clock: out.history_clock });
      case "departed":
        this.#tell("unicast", out);
        this.#tell("broadcast", out);
        return this.#tell("log", { kind: "forget", indices: out.indices });
      case "goodbye":
        return this.#sayGoodbye();
      // What does not come.
      case "skip":
        return this.#tell("log", out);
      case "waive":
        this.#tell("output", { kind: "missed", gaps: out.gaps });
        return this.#tell("log", { kind: "waive", index: out.log });
      case "expire":
        return this.#tell("broadcast", { kind: "expired", log: out.log });
      case "relay":
        this.#relay = true;
        return;
      // Messages to one node.
      case "hand_on":
        return this.#tell("unicast", out);
      case "message":
        this.#tell("host", { ...out, from: out.lane.peer });
        return this.#tell("unicast", {
          kind: "shown",
          lane: out.lane,
          print: promised(this.state.output),
        });
      case "answered":
        return this.#answer(out);
      // Guests.
      case "guest_items": {
        const { link, line, busy } = out;
        return this.#tell("publish", {
          kind: "guest",
          link,
          line,
          busy,
          refuse: this.#refuser(line.t),
        });
      }
      case "guest_request":
        return this.#tell("host", { ...out, kind: "request" });
      case "request":
        return this.#tell("guests", { kind: "published", link: out.link, more: out.more });
      // Apps.
      case "publish": {
        const { topic, items } = out;
        return this.#tell("publish", { kind: "draft", topic, items });
      }
      case "send_message":
        return this.#tell("unicast", { kind: "send", errand: out.errand });
      case "record":
        return this.#tell("output", out);
      case "keep":
        return this.#tell("storage", { ...out, kind: "app_news" });
      // The disk.
      case "settled":
        this.#settled = true;
        return;
      case "stale":
        return this.#tell("membership", { kind: "restored", stale: out.stale });
      case "remember":
        return this.#tell("log", out);
      case "kept":
        return this.#tell("host", { kind: "restored", kept: out.kept });
      case "load":
        return this.#load(out);
      case "end_logs":
        return this.#tell("log", { kind: "end", forks: out.forks });
      case "resume":
        return this.#tell("output", { kind: "resumed", taken: out.taken });
    }
  }

  /** The node accepts connections; what was stored is all there. */
  #start(event: Extract<Event, { kind: "started" }>): void {
    const { host, fallback_host, port } = event;
    this.#tell("storage", { kind: "finish" });
    this.#tell("storage", { kind: "adopt" });
    this.#tell("session", { kind: "placed", host, fallback_host, port });
    this.#tell("output", { kind: "started" });
    this.#tell("membership", { kind: "started", started: event });
  }

  /** The node goes on under another id. */
  #renew(id: string): void {
    this.#tell("log", { kind: "rename", self: id });
    this.#tell("storage", { kind: "renamed", self: id });
    this.#tell("unicast", { kind: "renewed" });
    this.#tell("membership", { kind: "renewed", id });
  }

  #open(event: Extract<Event, { kind: "opened" }>): void {
    const { link, dialled } = event;
    this.#tell("flow", { kind: "opened", link });
    this.#tell("replication", { kind: "opened", link });
    this.#tell("membership", { kind: "opened", link, dialled });
    this.#tell("session", { kind: "opened", opened: event });
    if (event.lossy) this.#tell("repair", { kind: "opened", link });
  }

  /** The one place where a link leaves the rooms. */
  #forgetLink(link: LinkId): void {
    const session = this.state.session.links.get(link);
    if (session === undefined) return;
    this.#tell("session", { kind: "gone", link });
    this.#tell("flow", { kind: "gone", link });
    this.#tell("replication", { kind: "gone", link });
    this.#tell("repair", { kind: "gone", link });
    this.#tell("guests", { kind: "gone", link });
    this.#tell("unicast", { kind: "gone", link });
    this.#tell("broadcast", { kind: "gone", link });
    this.#tell("membership", { kind: "lost", session });
  }

  /** Somebody is there: a peer is told what is here. */
  #greeted(session: Session): void {
    const { id: link, role } = session;
    if (role === "guest") this.#tell("guests", { kind: "greeted", link });
    else this.#tell("flow", { kind: "greeted", link });
    if (role !== "tracker") {
      this.#tell("replication", { kind: "greeted", link, guest: role === "guest" });
    }
    this.#tell("membership", { kind: "greeted", session });
  }

  /** Acts on the lines of a read, in their order; entries that follow each other are one batch. */
  #receive(link: LinkId, lines: readonly Uint8Array[]): void {
    this.#tell("session", { kind: "heard", link });
    let entries: Entry[] = [];
    const flush = () => {
      if (entries.length > 0) this.#takeEntries(link, entries);
      entries = [];
    };
    for (const line of lines) {
      const session = this.state.session.links.get(link);
      if (session === undefined || this.closing.includes(link)) return;
      // Each is looked at when those before it were acted on, as if it came in the next read.
      const one = decodeAny(this.state.log, line);
      if (one.kind === "entry" && isPeer(session) && this.#isSigned(one.entry)) {
        entries.push(one.entry);
        continue;
      }
      flush();
      if (!this.closing.includes(link)) this.#takeLine(session, one);
    }
    if (!this.closing.includes(link)) flush();
  }

  /** Acts on a line that is no good entry. */
  #takeLine(session: Session, one: Decoded): void {
    const { id: link } = session;
    if (one.kind === "control") return this.#takeControl(session, one);
    if (one.kind === "fault") {
      this.count(`rejected:${one.code}`);
      if (one.fatal) this.#close(link, one.code, "a line that is not of the protocol");
      else this.#tell("flow", { kind: "control", link });
    } else if (!isPeer(session)) this.#takeEarly(session);
    else if (one.kind === "seen") this.#takeSeen(session, one);
    else {
      // What came before it in the same read may have made a duplicate of it, as in the next read.
      const line = hashedBytes(one.entry.line), { seq } = one.entry;
      const log = seenLog(this.state.log, peekHeader(line)!, line);
      if (log >= 0) return this.#takeSeen(session, { kind: "seen", log, seq, bytes: one.bytes });
      this.count("rejected:bad-signature");
      this.#close(link, "bad-signature", "an entry's signature does not fit");
    }
  }

  #isSigned(entry: Entry): boolean {
    return this.env.verify(entry.origin, signedBytes(entry), entry.signature);
  }

  /** What is not allowed yet may only have overtaken what allows it, where lines do that. */
  #takeEarly({ id: link, lossy, stage }: Session): void {
    if (lossy && stage !== "up") {
      this.count("early");
      return this.#tell("flow", { kind: "control", link });
    }
    this.count("rejected:bad-order");
    this.#close(link, "bad-order", "say hello first, and what your role allows");
  }

  /** Entries whose signatures are good. */
  #takeEntries(link: LinkId, entries: readonly Entry[]): void {
    const [log, outs] = reduceLog(this.state.log, { kind: "insert", entries }, this.#view);
    this.state.log = log;
    const bytes = entries.reduce((sum, { line }) => sum + line.length, 0);
    this.#tell("replication", { kind: "received", link, entries });
    this.#noteTaken(link, bytes);
    for (const { origin, topic, seq } of entries) {
      if (origin === log.self) this.#noteHeld(log.keys.find(logKey(origin, topic)), seq);
    }
    for (const out of outs) this.#hand(out);
    this.#tell("unicast", { kind: "learn", link, entries });
    this.#tell("broadcast", { kind: "first", link, entries });
  }

  /** An entry that is here already. */
  #takeSeen({ id: link }: Session, seen: Extract<Decoded, { kind: "seen" }>): void {
    const { log, seq, bytes } = seen, { origin } = this.state.log.heads[log];
    this.count("duplicates");
    this.#noteHeld(log, seq);
    this.#tell("broadcast", { kind: "again", link, origin });
    this.#tell("replication", { kind: "seen", link, log, seq });
    this.#noteTaken(link, bytes);
  }

  #takeControl(session: Session, { line, bytes }: Extract<Decoded, { kind: "control" }>): void {
    const { id: link, role, stage, lossy } = session;
    this.#tell("flow", { kind: "control", link });
    if (this.closing.includes(link)) return;
    if (line.k === "hello") return this.#takeHello(session, line);
    if (line.k === "bye") return this.#tell("session", { kind: "bye", link, bye: line });
    if (line.k === "proof") return this.#tell("session", { kind: "proof", link, proof: line });
    if (stage !== "up") return lossy ? this.count("early") : this.#takeEarly(session);
    if (line.k === "pong") return this.#tell("repair", { kind: "pong", link, x: line.x });
    if (line.k === "ping") return this.#takePing(link, line.x);
    if (role === "tracker") {
      if (line.k !== "peers") return this.count(`ignored:${line.k}`);
      return this.#tell("membership", { kind: "listed", session, line });
    }
    if (line.k === "have") return this.#takeHave(session, line);
    if (line.k === "want" && "peers" in line) {
      return this.#tell("membership", { kind: "ask_peers", link });
    }
    if (role === "guest") return this.#takeOfGuest(link, line);
    switch (line.k) {
      case "peers":
        this.#tell("repair", { kind: "wants_peers", link, wants: false });
        return this.#tell("membership", { kind: "peers", line });
      case "prune":
        return this.#tell("broadcast", { kind: "prune", link, origins: line.o });
      case "graft":
        this.#tell("replication", { kind: "graft", link, clock: line.c });
        return this.#tell("broadcast", { kind: "graft", link, clock: line.c });
      case "gap":
        return this.#tell("broadcast", { kind: "gap", link, line });
      case "route":
        // Like an entry, it counts for what is acknowledged.
        if (!lossy) this.#tell("flow", { kind: "taken", link, bytes, within_ms: ACK_DELAY_MS });
        if (line.to === this.state.log.self) return this.#tell("unicast", { kind: "packet", line });
        return this.#tell("unicast", { kind: "hand_on", line });
      case "want":
        if ("o" in line) return this.#tell("replication", { ...line, kind: "want", link });
    }
    this.count(`ignored:${line.k}`);
  }

  #takeOfGuest(link: LinkId, line: Line): void {
    if (line.k === "want" && "t" in line && !("o" in line)) {
      return this.#tell("replication", { ...line, kind: "subscribe", link });
    }
    if (line.k === "publish") return this.#tell("guests", { kind: "publish", link, line });
    if (line.k === "ask") return this.#tell("guests", { kind: "ask", link, line });
    if (line.k === "request") return this.#tell("guests", { kind: "request", link, line });
    this.count(`ignored:${line.k}`);
  }

  #takeHello(session: Session, hello: LineOf<"hello">): void {
    const { membership, config, session: sessions } = this.state, { id: link, dialled } = session;
    const tracker = isTracker(membership, dialled);
    const peer = "guest" in hello ? null : hello.id;
    const stray = peer !== null &&
      isStray(membership, config, session, linkTo(sessions, peer) !== undefined, peer);
    this.#tell("session", { kind: "hello", link, hello, guess: { stray, tracker } });
  }

  /** Whoever pings waits for an acknowledgement. */
  #takePing(link: LinkId, x: number): void {
    const { inward } = this.state.flow.links.get(link)!;
    const replica = this.state.replication.links.get(link)!;
    const owes = owedBytes(inward) > 0 || openLogs(replica, ({ touched }) => touched).length > 0;
    if (owes) this.#tell("flow", { kind: "due", link, due_ms: this.now_ms });
    this.#say(link, { k: "pong", x });
  }

  /** A peer says what it has, and how many bytes it took. */
  #takeHave(session: Session, { c, n, more }: LineOf<"have">): void {
    const { id: link, lossy } = session, { log } = this.state;
    // Where lines are lost the clock acknowledges, not the bytes.
    if (!lossy) this.#tell("flow", { kind: "acked", link, bytes: n ?? 0 });
    else if (n !== undefined) this.#tell("repair", { kind: "answered", link });
    // A guest stores nothing: what it says that it has, it only has read.
    if (!isPeer(session)) return;
    const clock: [string, number][] = [];
    for (const { index, key, seq } of readClock(log, c)) {
      clock.push([key, seq]);
      if (index >= 0) this.#noteHeld(index, seq);
    }
    // An acknowledgement may overtake the first clock, and is none.
    if (n !== undefined) this.#tell("broadcast", { kind: "announced", link, clock });
    const is_first = !lossy || n === undefined, complete = is_first && more !== true;
    if (is_first) {
      this.#tell("membership", { kind: "clock", link, clock, complete: more !== true });
    }
    this.#tell("replication", { kind: "has", link, clock: c, complete });
    // A first clock on a lossy link is said until an acknowledgement shows that it came.
    if (!lossy || n !== undefined || more !== undefined) return;
    this.#tell("flow", { kind: "due", link, due_ms: this.now_ms + LOSSY_ACK_MS });
  }

  /** Bytes of entries came that are to be acknowledged. */
  #noteTaken(link: LinkId, bytes: number): void {
    const lossy = this.state.session.links.get(link)?.lossy === true;
    const within_ms = lossy ? LOSSY_ACK_MS : ACK_DELAY_MS;
    this.#tell("flow", { kind: "taken", link, bytes, within_ms });
  }

  /** Some peer holds a log up to a number; what matters is who holds the own ones. */
  #noteHeld(log: number, seq: number): void {
    if (this.state.log.heads[log]?.origin !== this.state.log.self) return;
    this.#tell("publish", { kind: "held", log, seq });
  }

  /** Entries were delivered just now: to whoever prints and relays them, and to their apps. */
  #deliver(delivered: readonly Delivered[]): void {
    const { log, config } = this.state;
    this.#tell("output", { kind: "delivered", delivered });
    const bytes = delivered.reduce((sum, { stored }) => sum + stored.line.length, 0);
    const own = !config.batch_ms && delivered.some(({ entry }) => entry.origin === log.self);
    this.#tell("broadcast", { kind: "delivered", bytes, own });
    this.#apply(delivered);
  }

  /** What was delivered now, or in an earlier run, to those who fold it. */
  #apply(delivered: readonly Delivered[]): void {
    const words = delivered.filter(({ entry }) => entry.topic === PRESENCE);
    const entries = words.map(({ entry }) => entry);
    if (entries.length > 0) this.#tell("membership", { kind: "presence", entries });
    if (entries.length < delivered.length) this.#tell("host", { kind: "delivered", delivered });
  }

  /** Stored entries come back: nobody is sent them, and nothing is printed. */
  #load(event: Extract<StorageOut, { kind: "load" }>): void {
    const [log, outs] = reduceLog(this.state.log, event, this.#view);
    this.state.log = log;
    for (const out of outs) {
      if (out.kind === "delivered") this.#apply(out.delivered);
      else this.#hand(out);
    }
  }

  /** An own entry is delivered here like everywhere. */
  #insertOwn(entry: Entry): void {
    const insert = { kind: "insert", entries: [entry] } as const;
    const [log, outs] = reduceLog(this.state.log, insert, this.#view);
    this.state.log = log;
    // Its causes are entries that were delivered; anything else is a bug, not an accident.
    const delivered = outs.some((out) => out.kind === "delivered");
    if (!delivered) throw new Error("An own entry was not delivered");
    this.#tell("broadcast", { kind: "first", link: HERE, entries: [entry] });
    for (const out of outs) this.#hand(out);
  }

  /** A log ended in a fork: the user is told, it is stored, and peers are shown why. */
  #endLog(fork: Extract<LogOut, { kind: "forked" }>): void {
    const { origin, topic, seq } = fork, { log } = this.state;
    const index = log.keys.find(logKey(origin, topic)), lines = log.heads[index].fork!;
    this.effect({ kind: "notice", notice: { kind: "forked", origin, topic, seq } });
    this.#tell("replication", { kind: "forked", log: index });
    this.#tell("storage", { kind: "news", news: { forks: [{ origin, topic, lines }] } });
    this.#tell("host", fork);
    // Somebody else signed with this node's key, or this node did before its data were lost.
    if (origin === log.self) this.#tell("membership", { kind: "forged" });
  }

  /** The one place where logs that are forgotten leave the rooms: their numbers will mean others. */
  #forgetLogs({ indices, logs, moved }: Extract<LogOut, { kind: "forgot" }>): void {
    this.#tell("replication", { kind: "forget", indices, moved });
    this.#tell("repair", { kind: "forget", indices });
    this.#tell("publish", { kind: "forget", indices });
    this.#tell("output", { kind: "forget", indices });
    this.#tell("storage", { kind: "news", news: { forgotten: logs } });
    if (this.state.config.durable) this.wakeAt(this.now_ms);
    this.count("forgotten", logs.length);
  }

  /** How something ended that the user, a guest or an app wanted. */
  #answer({ source, to, why, late }: Extract<HostOut, { kind: "answered" }>): void {
    if (source.kind === "guest") {
      const { link, request: number } = source;
      return this.#tell("guests", { kind: "answered", link, number, why, late });
    }
    if (source.kind === "app") return this.#tell("host", { ...source, kind: "sent", why });
    if (why === null) return;
    const { tag } = source;
    if (to === "") this.effect({ kind: "notice", notice: { kind: "refused", source, why } });
    else this.effect({ kind: "notice", notice: { kind: "undelivered", to, tag, why } });
  }

  /** The node leaves all links. */
  #sayGoodbye(): void {
    this.#tell("unicast", { kind: "give_up" });
    for (const session of this.state.session.links.values()) {
      const { id: link } = session;
      // Whoever sent something last needs to know that it arrived.
      if (isPeer(session)) {
        this.#tell("replication", { kind: "acknowledge", link, congestion: null, rides: true });
      }
      this.#close(link, "left", "leaving");
    }
  }

  /**
   * Turns what changed into what is to be done. The order is that of what one room finds out and the
   * next acts on: first who is still there (strangers, greetings, heartbeats, members), because all
   * that follows is about them; then what does not come, which may deliver entries; then whether this
   * node is in step, which the entries decide; grafts for what is missing even so. Only now, with
   * everything in the log that others said, what this node says itself (messages, apps that wanted to
   * be woken, and last the drafts, which all of them may have filled), so that it names as its causes
   * all that came. What must be stored first is shown when it is.
   */
  #tick(): void {
    const { state } = this;
    if (state.storage.restoring !== null) return;
    const late_ms = this.now_ms - state.wake_ms;
    state.wake_ms = Infinity;
    this.#tell("session", { kind: "strangers" });
    this.#tell("repair", { kind: "greet" });
    this.#tell("session", { kind: "heartbeat", late_ms });
    this.#tell("membership", { kind: "watch" });
    this.#tell("broadcast", { kind: "gaps" });
    this.#tell("membership", { kind: "advance" });
    this.#tell("broadcast", { kind: "graft_missing" });
    this.#tell("unicast", { kind: "send_due" });
    this.#tell("unicast", { kind: "acknowledge" });
    this.#tell("host", { kind: "wake" });
    this.#sealDrafts();
    this.#tell("storage", { kind: "settle" });
    if (this.#settled) this.#show();
  }

  /**
   * Sends, acknowledges and prints what may be shown. Retention comes last, when everybody was sent
   * what there is; and what is not stored yet must not be dropped.
   */
  #show(): void {
    const { state } = this;
    const congestion = congestionOf(this.#view, RELAY_SHARE);
    if (congestion !== null) this.wakeAt(this.now_ms + STUCK_MS);
    // A guest that publishes waits for its answers; so it is held back like the user's input.
    else this.#tell("publish", { kind: "answer" });
    this.#tell("membership", { kind: "overlay" });
    this.#tell("broadcast", { kind: "relay" });
    for (const session of state.session.links.values()) {
      if (session.stage === "up" && session.role !== "tracker") this.#serve(session, congestion);
    }
    this.#tell("output", { kind: "pump" });
    this.#tell("membership", { kind: "leave_on", debts: this.#debts() });
    if (state.storage.settled.log !== state.log) return;
    this.#tell("membership", { kind: "depart" });
    this.#tell("log", { kind: "trim", keep_bytes: state.config.keep_bytes });
    this.#tell("storage", { kind: "adopt" });
  }

  /** Gives one link what it is to have now. */
  #serve(session: Session, congestion: Congestion): void {
    const { id: link, lossy } = session, peer = isPeer(session);
    const window_bytes = windowOf(this.state.repair, link);
    if (peer) {
      const stuck_ms = stuckAt(this.state.flow.links.get(link)!, window_bytes);
      if (this.now_ms >= stuck_ms) {
        return this.#close(link, "stuck", "nothing was acknowledged for too long");
      }
      this.wakeAt(stuck_ms);
      if (lossy) this.#tell("repair", { kind: "serve", link });
      this.#tell("broadcast", { kind: "send_prunes", link });
      this.#tell("replication", { kind: "prove", link, window_bytes });
    }
    const before_bytes = this.#sentBytes(link);
    const { streaming } = this.state.replication.links.get(link)!;
    // A guest has nobody else to hear it from.
    if (streaming && (this.#relay || !peer)) {
      const isLazy = peer ? lazyOn(this.state.broadcast, link) : () => false;
      this.#tell("replication", { kind: "stream", link, window_bytes, isLazy });
    }
    if (!peer) return;
    if (lossy) return this.#tell("repair", { kind: "acknowledge", link, congestion });
    // An acknowledgement that goes with entries costs no message of its own.
    const rides = Boolean(this.state.config.batch_ms) && this.#sentBytes(link) > before_bytes;
    this.#tell("replication", { kind: "acknowledge", link, congestion, rides });
    const awaited = this.#isAckAwaited();
    this.#tell("replication", { kind: "ask_ack", link, awaited, relay: this.#relay });
  }

  /** Makes entries of what is drafted; each names the hash of the one before it. */
  #sealDrafts(): void {
    const { publish } = this.state;
    // A key that may have signed more than is known here signs nothing yet, or nothing more.
    if (publish.drafts.size === 0 || !maySign(this.state.membership)) return;
    for (const topic of publish.drafts.keys()) {
      while (this.state.publish.drafts.has(topic)) this.#tell("publish", { kind: "seal", topic });
    }
  }

  #debts() {
    const { membership: { members }, unicast, storage, log, config } = this.state;
    const isHere = (id: string) => isThere(members.by_id.get(id));
    return {
      stored: isSettled(storage, log, config.durable),
      printed: isDrained(this.#view),
      messages: areMessagesAwaited(unicast.outgoing, isHere),
    };
  }

  /** Whether a guest, or the end of this node, waits until others hold something. */
  #isAckAwaited(): boolean {
    const { phase } = this.state.membership.life;
    return phase === "leaving" || phase === "goodbye" || isAckAwaited(this.state.publish);
  }

  #sentBytes(link: LinkId): number {
    return this.state.flow.links.get(link)!.outward.sent_bytes;
  }

  #refuser(topic: string) {
    const { host, log, publish } = this.state;
    return refuser(host, log, publish, topic);
  }

  #ping(link: LinkId): void {
    const session = this.state.session.links.get(link)!;
    this.#say(link, { k: "ping", x: pingMark(session, this.#sentBytes(link), this.now_ms) });
  }

  #say(link: LinkId, line: Line): void {
    this.send(link, [encodeLine(line)]);
  }

  /** Says why, and closes a link at the end of the event. */
  #close(link: LinkId, code: string, why: string): void {
    if (!this.state.session.links.has(link) || !this.drop(link)) return;
    this.count(`closed:${code}`);
    this.#say(link, { k: "bye", code, why });
  }
}

/** A state as rooms see it, for whoever only looks. */
function viewOf(state: NodeState): StateView {
  return new StateView({ state, env: NO_ENV });
}

/** Whoever only looks calls nothing. */
const NO_ENV: Env = {
  sha256: unused,
  sign: unused,
  verify: unused,
  seal: unused,
  open: unused,
};

function unused(): never {
  throw new Error("Looking at a state needs no environment");
}
