/** What must hold of a network that was healed: all who are left agree on everything. */

import { logKey } from "../../core/log/entry.ts";
import { isKeptWhole, PRESENCE } from "../../core/log/slice.ts";
import { isDrained } from "../../core/output/congestion.ts";
import { recordsOf } from "../../core/host/slice.ts";
import type { AppRules } from "./app_rules.ts";
import type { Machine } from "./machine.ts";
import { watch } from "./surroundings.ts";
import type { World } from "./world.ts";

/** Why those who are left do not agree yet; null where they do. */
export function disagreement(world: World): string | null {
  const left = world.machines.filter(({ node, lies }) =>
    node.alive && !lies && node.state.membership.life.phase !== "done"
  );
  for (const machine of left) {
    const why = unrest(machine) ?? waits(machine, left) ?? strangers(machine, left);
    if (why !== null) return why;
  }
  const [first, ...others] = left;
  for (const other of others) {
    const why = clockDifference(first, other) ?? appDifference(world.rules, first, other);
    if (why !== null) return why;
  }
  for (const machine of left) {
    const why = lostItems(world, machine, left);
    if (why !== null) return why;
  }
  for (const rules of world.rules) {
    const watched = left.map((machine) => watch(world, machine, rules));
    const why = rules.unsettled?.(watched, world.sim.now_ms) ?? null;
    if (why !== null) return why;
  }
  return null;
}

function unrest({ name, node: { state, writing } }: Machine): string | null {
  const { config, log, membership: { life: { phase }, key }, storage, host } = state;
  if (phase === "leaving" || phase === "goodbye") return `${name} still leaves`;
  if (phase !== "running") return `${name} is ${phase}`;
  if (key.stale) return `${name} does not trust its own log`;
  if (state.publish.drafts.size > 0) return `${name} has not signed what it was given`;
  if (writing !== null || storage.settled.log !== log) {
    return `${name} has not stored everything`;
  }
  const records = recordsOf(host.apps, host.states, config.front.app);
  if (!isDrained({ ...state, records })) return `${name} has not printed everything`;
  if (state.unicast.outgoing.size > 0) {
    return `${name} has private messages that are not acknowledged`;
  }
  return null;
}

/** Nothing waits, but what is kept whole for something before it that was lost with its origin. */
function waits({ name, node }: Machine, left: readonly Machine[]): string | null {
  const { log } = node.state;
  for (const [index, [first]] of log.pending.logs) {
    const { origin, topic, seq } = first.entry;
    const held = left.some((other) => {
      const there = other.node.state.log, at = there.keys.find(logKey(origin, topic));
      return at >= 0 && there.clock[at] > log.clock[index];
    });
    if (isKeptWhole(log, topic) && seq > log.clock[index] + 1 && !held) continue;
    return `${logKey(origin, topic)}#${seq} waits at ${name}`;
  }
  return null;
}

/** Everybody is known as alive to everybody, and nobody else is. */
function strangers({ name, node }: Machine, left: readonly Machine[]): string | null {
  const { by_id } = node.state.membership.members;
  for (const other of left) {
    if (other.node === node) continue;
    const state = by_id.get(other.node.id)?.state;
    if (state !== "alive") return `${name} knows ${other.name} as ${state}`;
  }
  const ids = new Set(left.map((one) => one.node.id));
  for (const [id, { state }] of by_id) {
    if (ids.has(id) || state === "failed" || state === "left" || state === "named") continue;
    return `${name} knows ${id} as ${state}, which is gone`;
  }
  return null;
}

function clockDifference(a: Machine, b: Machine): string | null {
  return oneSided(a, b) ?? oneSided(b, a);
}

function oneSided(a: Machine, b: Machine): string | null {
  const { log } = a.node.state, other = b.node.state.log;
  for (const [index, { origin, topic, fork }] of log.heads.entries()) {
    if (origin === "") continue;
    const key = logKey(origin, topic), at = other.keys.find(key);
    const there = at < 0 ? other.forgotten.seqs.get(key) ?? 0 : other.clock[at];
    if (there === log.clock[index] || fork !== null || (at >= 0 && other.heads[at].fork)) continue;
    // Who forgot a log has no use for its end.
    if (at < 0 && there > 0) continue;
    if (topic === PRESENCE && at < 0) continue;
    return `${a.name} has ${key} up to ${log.clock[index]}, ${b.name} up to ${there}`;
  }
  return null;
}

/** What apps made of the same logs. */
function appDifference(rules: readonly AppRules[], a: Machine, b: Machine): string | null {
  for (const { app, difference } of rules) {
    // Who signed twice was heard in two ways; the fork is proven, and tells so.
    if (hasFork(a, app) || hasFork(b, app)) continue;
    const [one, other] = [a, b].map(({ name, node }) => {
      return { name, state: node.state.host.states.get(app.name) };
    });
    const why = difference?.(one, other) ?? null;
    if (why !== null) return why;
  }
  return null;
}

function hasFork({ node: { state: { log } } }: Machine, { topics = [] }: AppRules["app"]): boolean {
  const own = new Set(topics.map(({ topic }) => topic));
  return log.heads.some(({ topic, fork }) => own.has(topic) && fork !== null);
}

/** What somebody said who is left is in its log once, and was printed by all who print it. */
function lostItems(
  world: World,
  machine: Machine,
  left: readonly Machine[],
): string | null {
  const { node, said } = machine;
  if (world.history.split.has(logKey(node.id, "chat"))) return null;
  const items = world.history.itemsOf(node.id, "chat");
  const times = new Map<unknown, number>();
  for (const item of items) times.set(item, (times.get(item) ?? 0) + 1);
  for (const text of said) {
    if (times.get(text) === 1) continue;
    // Under a new key it has another log.
    if (node.notices.some(({ kind }) => kind === "renewed")) continue;
    return `${machine.name} said ${text.slice(0, 20)} and it is there ${
      times.get(text) ?? 0
    } times`;
  }
  for (const other of left) {
    if (other.node.state.config.front.app !== "chat" || other.gaps_printed > 0) continue;
    if (other.view.gapped.has("chat")) continue;
    const why = unprinted(world, other, node.id);
    if (why !== null) return why;
  }
  return null;
}

function unprinted({ history }: World, machine: Machine, id: string): string | null {
  const key = logKey(id, "chat"), end = machine.view.seqs.get(key) ?? 0;
  for (let seq = 1; seq <= end; seq++) {
    const known = history.find(key, seq);
    if (known === undefined || known.entry.items.length === 0) continue;
    if (!machine.printed.has(`${key}#${seq}`)) return `${machine.name} never printed ${key}#${seq}`;
  }
  return null;
}
