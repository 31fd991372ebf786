/**
 * Bugs, one rule broken in each: the real reducer with something changed around it. The simulation
 * must find each of them. `needs` only spares runs in which the bug cannot show.
 */

import { type Ledger, reduceLedger } from "../../src/apps/ledger/ledger.ts";
import { APPS } from "../../src/apps/registry.ts";
import { campaignApps } from "../../src/cli/sim/campaign.ts";
import type { App } from "../../src/core/host/app.ts";
import { SharedMap } from "../../src/core/data/shared_map.ts";
import type { Outward } from "../../src/core/flow/slice.ts";
import { decodeEntry, logKey } from "../../src/core/log/entry.ts";
import type { LogState } from "../../src/core/log/slice.ts";
import { type NodeState, reduceNode } from "../../src/core/node.ts";
import type { Effect, Event, LinkId } from "../../src/core/types.ts";
import { runSeed } from "../../src/sim/campaign/campaign.ts";
import type { Options } from "../../src/sim/campaign/options.ts";
import { draw } from "../../src/sim/campaign/runner.ts";
import type { RuleName } from "../../src/sim/campaign/violation.ts";
import { PLANTED_CHAIN_BUGS } from "./planted_chain_bugs.ts";
import { PLANTED_ORDER_BUGS } from "./planted_order_bugs.ts";

const CAMPAIGN_APPS = await campaignApps(APPS);

type Reduce = typeof reduceNode;
type Reduced = [NodeState, Effect[]];

export interface PlantedBug {
  readonly name: string;
  /** Any of them may be the first to see it. */
  readonly found_by: readonly RuleName[];
  readonly needs?: (options: Options) => boolean;
  /** A seed from which on it is found soon. */
  readonly from?: number;
  readonly plant: () => Reduce;
  /** What is wrong with the chain, or with another app. */
  readonly change?: (app: App) => App;
  readonly app?: string;
}

const decoder = new TextDecoder();
const encoder = new TextEncoder();

/** Changes the event. */
function onEvent(change: (event: Event, state: NodeState) => Event): () => Reduce {
  return () => (state, event, env) => reduceNode(state, change(event, state), env);
}

/** Changes the state that the event meets. */
function onBefore(change: (state: NodeState, event: Event) => NodeState): () => Reduce {
  return () => (state, event, env) => reduceNode(change(state, event), event, env);
}

/** Changes what comes out. */
function onAfter(
  change: (after: NodeState, effects: Effect[], before: NodeState, event: Event) => Reduced,
): () => Reduce {
  return () => (state, event, env) => {
    const [after, effects] = reduceNode(state, event, env);
    return change(after, effects, state, event);
  };
}

/** Changes the lines that are sent. */
function onSent(change: (line: Uint8Array, state: NodeState) => Uint8Array[]): () => Reduce {
  return onAfter((after, effects) => [
    after,
    effects.map((effect) =>
      effect.kind === "send"
        ? { ...effect, lines: effect.lines.flatMap((line) => change(line, after)) }
        : effect
    ),
  ]);
}

/** What each link has of something, changed. */
function changed<V>(
  links: SharedMap<LinkId, V>,
  change: (one: V, link: LinkId) => V,
): SharedMap<LinkId, V> {
  return SharedMap.of([...links.entries()].map(([link, one]) => [link, change(one, link)]));
}

function withFlow(state: NodeState, change: (one: Outward, link: LinkId) => Outward): NodeState {
  const links = changed(state.flow.links, (one, link) => {
    return { ...one, outward: change(one.outward, link) };
  });
  return { ...state, flow: { ...state.flow, links } };
}

function ledgerOf({ host }: NodeState): Ledger {
  return host.states.get("ledger") as Ledger;
}

function withLedger(state: NodeState, ledger: Ledger): NodeState {
  const states = new Map(state.host.states).set("ledger", ledger);
  return { ...state, host: { ...state.host, states } };
}

/** A clock in which all causes are there of the entries that came. */
function withCauses({ keys, clock }: LogState, lines: readonly Uint8Array[]): number[] {
  const after = clock.slice();
  for (const line of lines) {
    const entry = decodeEntry(line);
    if (typeof entry === "string") continue;
    for (const [origin, seq] of entry.deps) {
      const index = keys.find(logKey(origin, entry.topic));
      if (index >= 0) after[index] = Math.max(after[index], seq);
    }
  }
  return after;
}

function withLog(state: NodeState, change: Partial<LogState>): NodeState {
  return { ...state, log: { ...state.log, ...change } };
}

function isEntry(line: Uint8Array): boolean {
  return line[2] === 0x6f;
}

const crashes = ({ faults, durable }: Options) => durable > 0 && (faults.crash ?? 0) > 0;
const heals = ({ mode }: Options) => mode === "heal";

const CORE_BUGS: readonly PlantedBug[] = [
  {
    name: "bad signatures are taken for good",
    found_by: ["logs_are_prefixes"],
    needs: ({ lies }) => lies.forge !== undefined,
    plant: () => (state, event, env) => reduceNode(state, event, { ...env, verify: () => true }),
  },
  {
    name: "what is not stored is shown",
    found_by: ["acknowledged_is_kept"],
    needs: ({ durable, disk_ms }) => durable > 0 && disk_ms > 0,
    plant: onBefore((state) =>
      state.storage.restoring === null
        ? {
          ...state,
          storage: { ...state.storage, settled: { log: state.log, states: state.host.states } },
        }
        : state
    ),
  },
  {
    name: "a full disk is taken for stored",
    found_by: ["acknowledged_is_kept"],
    needs: ({ durable, faults }) => durable > 0 && faults.full_disk !== undefined,
    plant: onEvent((event) => event.kind === "stored" ? { ...event, fault: null } : event),
  },
  {
    name: "an old copy of the disk is trusted",
    found_by: ["no_number_twice"],
    needs: ({ faults }) => faults.lost_end !== undefined || faults.backup !== undefined,
    plant: onEvent((event) =>
      event.kind === "restored"
        ? { ...event, restored: { ...event.restored, stale: false } }
        : event
    ),
  },
  {
    name: "a number that was crashed away is used again although others saw it",
    found_by: ["acknowledged_is_kept", "no_number_twice"],
    needs: crashes,
    plant: onEvent((event) =>
      event.kind === "loaded" ? { ...event, rows: event.rows.slice(0, -1) } : event
    ),
  },
  {
    name: "items are printed twice",
    found_by: ["items_once"],
    plant: onAfter((after, effects) => [
      after,
      effects.flatMap((effect): Effect[] => effect.kind === "print" ? [effect, effect] : [effect]),
    ]),
  },
  {
    name: "after a restart everything is printed again",
    found_by: ["items_once"],
    needs: crashes,
    plant: onEvent((event) =>
      event.kind === "restored" ? { ...event, restored: { ...event.restored, printed: [] } } : event
    ),
  },
  {
    name: "what comes in one tick with something else is not printed",
    found_by: ["items_once", "causal_delivery", "equal_clocks_and_apps_after_heal"],
    plant: onAfter((after, effects) => [
      after,
      effects.map((effect) =>
        effect.kind === "print" && effect.records.length > 1
          ? { ...effect, records: effect.records.slice(1) }
          : effect
      ),
    ]),
  },
  {
    name: "entries name no causes",
    found_by: ["causal_delivery"],
    plant: onBefore((state) => {
      const topics = new Map(state.log.topics);
      for (const [name, topic] of topics) topics.set(name, { ...topic, fresh: new Map() });
      return withLog(state, { topics });
    }),
  },
  {
    name: "causes are not waited for",
    found_by: ["causal_delivery"],
    plant: () => (state, event, env) => {
      if (event.kind !== "lines") return reduceNode(state, event, env);
      // As if all of them were there; what was is put back.
      const { clock } = state.log, raised = withCauses(state.log, event.lines);
      const [after, effects] = reduceNode(withLog(state, { clock: raised }), event, env);
      const lowered = after.log.clock.map((seq, index) =>
        seq === raised[index] ? clock[index] : seq
      );
      return [withLog(after, { clock: lowered }), effects];
    },
  },
  {
    name: "missing entries are given up at once",
    found_by: ["logs_are_prefixes"],
    plant: onBefore((state, event) => {
      if (event.kind !== "tick" || state.log.pending.entries === 0) return state;
      const { pending } = state.log;
      const logs = new Map([...pending.logs].map(([index, waiting]) => [
        index,
        waiting.map((one) => ({ ...one, since_ms: one.since_ms - 30_000 })),
      ]));
      const hurried = { ...state, broadcast: { ...state.broadcast, pending_ms: 1 } };
      return withLog(hurried, { pending: { ...pending, logs } });
    }),
  },
  {
    name: "clocks claim an entry more than is there",
    found_by: ["acknowledged_is_kept"],
    plant: onSent((line) => {
      const text = decoder.decode(line);
      if (!text.startsWith('{"k":"have"')) return [line];
      return [encoder.encode(text.replace(/"chat":(\d+)/, (_, seq) => `"chat":${+seq + 1}`))];
    }),
  },
  {
    name: "what is typed is lost now and then",
    found_by: ["items_once", "equal_clocks_and_apps_after_heal"],
    needs: heals,
    plant: onEvent((event) =>
      event.kind === "publish" && event.first_tag % 4 === 3 ? { ...event, items: [] } : event
    ),
  },
  {
    name: "what is typed is said twice",
    found_by: ["items_once", "equal_clocks_and_apps_after_heal"],
    needs: heals,
    plant: onEvent((event) =>
      event.kind === "publish" && event.topic === "chat"
        ? { ...event, items: event.items.flatMap((item) => [item, item]) }
        : event
    ),
  },
  {
    name: "payments are applied twice",
    found_by: ["ledger_sums_to_zero_and_ids_once"],
    plant: onAfter((after, effects, before) => {
      const once = ledgerOf(after);
      if (once === ledgerOf(before) || once.applied.end === 0) return [after, effects];
      const last = once.applied.get(once.applied.end - 1)!;
      const again = { ...last.transaction, id: `${last.transaction.id.slice(0, 12)}again` };
      const item = { origin: "", number: 1, item: { ...again }, time_ms: 0 };
      return [withLedger(after, reduceLedger(once, [item])[0]), effects];
    }),
  },
  {
    name: "of two payments with one id the first counts",
    found_by: ["ledger_sums_to_zero_and_ids_once"],
    plant: onAfter((after, effects, before) => {
      const known = ledgerOf(before), { applied } = ledgerOf(after);
      const takes_back = [...applied.from(known.applied.end)].some(({ replaced }) => replaced);
      return [takes_back ? withLedger(after, known) : after, effects];
    }),
  },
  {
    name: "silence is death after a second",
    found_by: ["no_false_failed"],
    needs: ({ faults, times, liars }) =>
      faults.pause !== undefined && times !== "fast" && liars === 0,
    plant: onBefore((state) => ({
      ...state,
      config: {
        ...state.config,
        times: { ping_ms: 1_000, silence_ms: 1_100, suspect_ms: 100 },
      },
    })),
  },
  {
    name: "nobody says that it lives when it is doubted",
    found_by: ["equal_clocks_and_apps_after_heal"],
    needs: heals,
    plant: onBefore((state) =>
      state.membership.answer.due_ms === Infinity ? state : {
        ...state,
        membership: {
          ...state.membership,
          answer: { ...state.membership.answer, due_ms: Infinity },
        },
      }
    ),
  },
  {
    name: "things are counted under names without bound",
    found_by: ["memory_bounds"],
    plant: onAfter((after, effects) => [
      { ...after, counts: new Map(after.counts).set(`at ${after.now_ms}`, 1) },
      effects,
    ]),
  },
  {
    name: "retention drops nothing",
    found_by: ["memory_bounds"],
    needs: ({ keep_bytes }) => keep_bytes < 1_000_000,
    plant: () => (state, event, env) => {
      const { keep_bytes } = state.config;
      const [after, effects] = reduceNode(
        { ...state, config: { ...state.config, keep_bytes: Infinity } },
        event,
        env,
      );
      return [{ ...after, config: { ...after.config, keep_bytes } }, effects];
    },
  },
  {
    name: "windows are not kept",
    found_by: ["memory_bounds"],
    from: 50,
    plant: () => (state, event, env) => {
      if (event.kind !== "tick") return reduceNode(state, event, env);
      // As if all had been acknowledged; what was is put back.
      const was = new Map([...state.flow.links.entries()]);
      const free = withFlow(state, (one) => ({ ...one, acked_bytes: one.sent_bytes }));
      const [after, effects] = reduceNode(free, event, env);
      const acked = (one: Outward, link: LinkId) => {
        return { ...one, acked_bytes: was.get(link)?.outward.acked_bytes ?? one.acked_bytes };
      };
      return [withFlow(after, acked), effects];
    },
  },
  {
    name: "lines are changed when they are handed on",
    found_by: ["no_number_twice"],
    plant: onSent((line, state) => {
      const text = decoder.decode(line);
      if (!isEntry(line) || text.includes(`"o":"${state.log.self}"`)) return [line];
      return [encoder.encode(text.replace('"b":[', '"b":[ '))];
    }),
  },
  {
    name: "what others said is not handed on",
    found_by: ["equal_clocks_and_apps_after_heal"],
    needs: heals,
    plant: onSent((line, state) =>
      isEntry(line) && !decoder.decode(line).includes(`"o":"${state.log.self}"`) ? [] : [line]
    ),
  },
  {
    name: "own entries count as acknowledged at once",
    found_by: ["acknowledged_is_kept"],
    needs: ({ liars }) => liars === 0,
    plant: onAfter((after, effects) => [
      after.session.links.size > 0
        ? { ...after, publish: { ...after.publish, acknowledged: after.log.clock } }
        : after,
      effects,
    ]),
  },
  {
    name: "whoever leaves says that it was acknowledged",
    found_by: ["acknowledged_is_kept"],
    needs: ({ liars }) => liars === 0,
    plant: onAfter((after, effects, _, event) => {
      if (event.kind !== "leave") return [after, effects];
      const { membership } = after, life = { ...membership.life, phase: "done" } as const;
      const done: NodeState = { ...after, membership: { ...membership, life } };
      return [done, [...effects, { kind: "done", acknowledged: true }]];
    }),
  },
  {
    name: "a fork is forgotten",
    found_by: ["logs_are_prefixes"],
    needs: ({ lies, mode }) => lies.equivocate !== undefined && mode === "heal",
    plant: onAfter((after, effects) => {
      if (!after.log.heads.some(({ fork }) => fork !== null)) return [after, effects];
      const heads = after.log.heads.map((head) => ({ ...head, fork: null }));
      return [withLog(after, { heads }), effects];
    }),
  },
  {
    name: "private messages are read again when they come again",
    found_by: ["items_once"],
    plant: onBefore((state, event) =>
      event.kind !== "lines" ? state : {
        ...state,
        unicast: {
          ...state.unicast,
          incoming: new Map(
            [...state.unicast.incoming].map(([id, one]) => [id, { ...one, last: 0 }]),
          ),
        },
      }
    ),
  },
  {
    name: "lost lines are not sent again",
    found_by: ["equal_clocks_and_apps_after_heal"],
    needs: ({ loss, mode }) => loss !== null && loss.drop > 0.05 && mode === "heal",
    plant: onAfter((after, effects) => [
      {
        ...after,
        repair: {
          ...after.repair,
          links: changed(after.repair.links, (one) => ({ ...one, flight: [], flight_bytes: 0 })),
        },
      },
      effects,
    ]),
  },
  {
    name: "a log goes back",
    found_by: ["acknowledged_is_kept"],
    plant: onAfter((after, effects, _, event) => {
      if (event.kind !== "closed" || after.log.clock.length === 0) return [after, effects];
      const clock = after.log.clock.map((seq) => Math.max(0, seq - 1));
      return [withLog(after, { clock }), effects];
    }),
  },
  {
    name: "a line that was cut off ends the program",
    found_by: ["never_throws"],
    needs: ({ real_bytes, faults }) => real_bytes && faults.cut !== undefined,
    plant: onEvent((event) => {
      if (event.kind === "garbled") throw new Error("A line has no end");
      return event;
    }),
  },
  {
    name: "chance is not drawn from the seed",
    found_by: ["same_seed_same_trace"],
    needs: ({ seed }) => seed % 100 === 0,
    plant: onAfter((after, effects) => [
      { ...after, wake_ms: after.wake_ms + Math.floor(Math.random() * 3) },
      effects,
    ]),
  },
];

export const PLANTED_BUGS: readonly PlantedBug[] = [
  ...CORE_BUGS,
  ...PLANTED_CHAIN_BUGS,
  ...PLANTED_ORDER_BUGS,
];

/** What the search for a bug found: the seed, and in how many runs. */
export interface Found {
  readonly seed: number;
  readonly runs: number;
}

/** The first seed that finds a bug by a rule that it breaks; null where none of them does. */
export function findBug(
  bug: PlantedBug,
  from: number,
  seeds: number,
  runs_max = seeds,
): Found | null {
  const { change, app: changed = "chain" } = bug;
  const apps = CAMPAIGN_APPS.apps.map((app) => app.name === changed && change ? change(app) : app);
  let runs = 0;
  for (let seed = from; seed < from + seeds && runs < runs_max; seed++) {
    if (bug.needs !== undefined && !bug.needs(draw(seed, CAMPAIGN_APPS).options)) continue;
    runs++;
    const { violation } = runSeed(seed, { ...CAMPAIGN_APPS, apps, reduce: bug.plant() });
    if (violation !== null && bug.found_by.includes(violation.invariant)) return { seed, runs };
  }
  return null;
}
