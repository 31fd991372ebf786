/** The door of the host: gives apps what concerns them, and hands on what they want. */

import { assert } from "@std/assert/assert";
import type { AppRow, Kept } from "../data/stored.ts";
import type { Delivered } from "../log/slice.ts";
import { linkTo } from "../session/slice.ts";
import { type Reduced, RoomTurn } from "../wire/room.ts";
import type { App, AppEvent, AppOut, DeliveredItem } from "./app.ts";
import { appOf, type Host, listener } from "./slice.ts";
import { appView, type HostEvent, type HostOut, type HostTurn, type HostView } from "./turn.ts";

/** What an app wants that the run which stored the cause of it has done. */
const REACHES_OTHERS: ReadonlySet<AppOut["kind"]> = new Set(["publish", "send", "print", "tell"]);

/** What the apps do about an event. */
export function reduceHost(
  before: Host,
  event: HostEvent,
  view: HostView,
): Reduced<Host, HostOut> {
  const turn: HostTurn = new RoomTurn(before, { ...before }, view);
  handle(turn, event);
  return turn.finish();
}

function handle(turn: HostTurn, event: HostEvent): void {
  const { slice } = turn;
  switch (event.kind) {
    case "delivered":
      for (const [app, items] of itemsByApp(slice.apps, event.delivered)) {
        tell(turn, app, { kind: "delivered", items });
      }
      return;
    case "forked": {
      const { origin, topic, seq: entry } = event, app = appOf(slice.apps, topic);
      return app && tell(turn, app, { kind: "forked", origin, topic, entry });
    }
    case "message": {
      const { app, from, name, time_ms, items } = event;
      const told = { kind: "message", from, name, time_ms, items } as const;
      return tellNamed(turn, app, told) ? undefined : turn.count("message:no-such-app");
    }
    case "request": {
      const { app, request, source } = event;
      const why = refusal(slice.apps, app);
      if (why !== null) {
        return turn.out({ kind: "answered", app, source, to: "", why, late: false });
      }
      tellNamed(turn, app, { kind: "request", request, source, by: null });
      return;
    }
    case "gone":
      for (const app of slice.apps) {
        if (app.requests !== undefined) tell(turn, app, { kind: "gone", link: event.link });
      }
      return;
    case "sent":
      tellNamed(turn, event.app, { kind: "sent", tag: event.tag, why: event.why });
      return;
    case "worked":
      return takeWorked(turn, event);
    case "restored":
      for (const app of slice.apps) {
        const mine = event.kept.filter((one) => one.app === app.name);
        const kept = mine.map(({ key, value }) => [key, value] as const);
        if (kept.length > 0) tell(turn, app, { kind: "restored", kept });
      }
      return;
    case "started":
      slice.started = true;
      for (const app of slice.apps) tell(turn, app, { kind: "started" });
      return;
    case "wake":
      return wake(turn);
  }
}

/** Why nobody here answers requests to an app, or null: whoever asks must not wait in vain. */
function refusal(apps: readonly App[], name: string): string | null {
  const app = apps.find((one) => one.name === name);
  if (app === undefined) return `this node has no app ${name}`;
  const takes = app.requests !== undefined && app.reduce !== undefined;
  return takes ? null : `the app ${name} takes no requests`;
}

function wake(turn: HostTurn): void {
  for (const [name, at_ms] of turn.slice.wakes) {
    if (turn.now_ms < at_ms) {
      turn.wakeAt(at_ms);
      continue;
    }
    turn.own("wakes").delete(name);
    tellNamed(turn, name, { kind: "woken" });
  }
}

/** Each app's items, in the order of their delivery; only of apps that do something about them. */
function itemsByApp(
  apps: readonly App[],
  delivered: readonly Delivered[],
): Map<App, DeliveredItem[]> {
  const by_app = new Map<App, DeliveredItem[]>();
  for (const { entry } of delivered) {
    const app = appOf(apps, entry.topic);
    if (app?.reduce === undefined) continue;
    let items = by_app.get(app);
    if (items === undefined) by_app.set(app, items = []);
    const { origin, topic, seq, first, time_ms, line } = entry;
    for (const [place, item] of entry.items.entries()) {
      items.push({ origin, topic, entry: seq, number: first + place, place, time_ms, item, line });
    }
  }
  return by_app;
}

function takeWorked(turn: HostTurn, event: Extract<HostEvent, { kind: "worked" }>): void {
  const job = turn.slice.jobs.get(event.job);
  // It was cancelled.
  if (job === undefined) return;
  if (event.done) turn.own("jobs").delete(event.job);
  const { result, fault, done } = event;
  tellNamed(turn, job.app, { kind: "worked", tag: job.tag, result, fault, done });
}

/** Gives an app an event; false where there is none that takes events. */
function tellNamed(turn: HostTurn, name: string, event: AppEvent): boolean {
  const app = listener(turn.slice, name);
  if (app !== undefined) tell(turn, app, event);
  return app !== undefined;
}

/** Gives an app an event, and hands on what it wants. */
function tell(turn: HostTurn, app: App, event: AppEvent): void {
  if (app.reduce === undefined) return;
  const before = turn.slice.states.get(app.name);
  const [after, outs] = app.reduce(
    before,
    event,
    appView(turn.view, turn.slice, turn.slice.states),
  );
  if (after !== before) turn.own("states").set(app.name, after);
  for (const out of outs) {
    if (turn.slice.started || !REACHES_OTHERS.has(out.kind)) carryOut(turn, app, out);
  }
  store(turn, app, outs);
}

/** What is for the disk goes there in one piece, however much it is. */
function store(turn: HostTurn, { name: app }: App, outs: readonly AppOut[]): void {
  const rows: AppRow[] = [], kept: Kept[] = [];
  for (const out of outs) {
    if (out.kind === "row") rows.push({ table: out.table, key: out.key, row: out.row });
    else if (out.kind === "keep") kept.push({ app, key: out.key, value: out.value });
  }
  if (rows.length + kept.length > 0) turn.out({ kind: "keep", kept, rows });
}

function carryOut(turn: HostTurn, app: App, out: AppOut): void {
  const { name } = app;
  switch (out.kind) {
    case "publish":
      return turn.out(out);
    case "send": {
      const { to, items, source, within_ms, bulk = false } = out;
      const errand = { app: name, to, items, source, deadline_ms: turn.now_ms + within_ms, bulk };
      return turn.out({ kind: "send_message", errand });
    }
    case "answer": {
      const { source, why, late = false } = out;
      return turn.out({ kind: "answered", app: name, source, to: "", why, late });
    }
    case "pass": {
      const { to, request, source } = out;
      assert(app.builds_on?.includes(to), "An app hands requests on to those that it builds on");
      tellNamed(turn, to, { kind: "request", request, source, by: name });
      return;
    }
    case "drop": {
      const session = linkTo(turn.view.session, out.peer);
      return session && turn.close(session.id, "bad-message", out.why);
    }
    case "wake":
      turn.own("wakes").set(name, out.at_ms);
      return turn.wakeAt(out.at_ms);
    case "work": {
      const job = turn.slice.next_job++;
      turn.own("jobs").set(job, { app: name, tag: out.tag });
      return turn.out({ kind: "work", app: name, job, task: out.task });
    }
    case "cancel":
      return cancel(turn, name, out.tag);
    case "print":
      return turn.out({ kind: "record", app: name, record: out.record, bytes: out.bytes });
    case "tell":
      return turn.notice({ ...out, kind: "told", app: name });
    case "ignored": {
      const { origin, topic, what, why } = out;
      turn.count(`ignored:${what}`);
      return turn.notice({ kind: "ignored", origin, topic, why });
    }
    case "keep":
    case "row":
      // Told together, below.
      return;
    case "order":
      for (const other of turn.slice.apps) {
        if (!other.builds_on?.includes(name)) continue;
        const { removed, added } = out;
        tell(turn, other, { kind: "ordered", by: name, removed, added });
      }
  }
}

function cancel(turn: HostTurn, app: string, tag: number): void {
  for (const [job, one] of turn.slice.jobs) {
    if (one.app !== app || one.tag !== tag) continue;
    turn.own("jobs").delete(job);
    turn.out({ kind: "cancel", job });
  }
}
