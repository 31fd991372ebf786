/** What private messages may cost a node, whoever sends them. */

import { assert, assertEquals, assertLess } from "@std/assert";
import {
  EARLY_BYTES_MAX,
  PACKET_RETRY_MS,
  PACKETS_EARLY_MAX,
  POSTED_BYTES_MAX,
  REQUESTS_PER_GUEST_MAX,
  ROUTED_PER_SECOND,
  SENDERS_MAX,
  SOUGHT_PER_ITEM_MAX,
} from "../../../../src/core/data/limits.ts";
import { decodeLine, type Line } from "../../../../src/core/wire/line.ts";
import type { Link } from "../../../../src/core/session/link.ts";
import { namedMember, setMembers, speak } from "../../../../src/core/membership/members.ts";
import type { NodeState } from "../../../../src/core/node.ts";
import { takePost } from "../../../../src/core/guests/guests.ts";
import { encodeAck, encodeParcel, sealContext } from "../../../../src/core/unicast/packets.ts";
import { takeUnsealed } from "../../../../src/core/unicast/receiver.ts";
import {
  dropPosts,
  giveUpPrivate,
  sendPrivate,
  takePrivate,
  takePrivateAck,
} from "../../../../src/core/unicast/sender.ts";
import { handOn } from "../../../../src/core/unicast/routes.ts";
import { Turn } from "../../../../src/core/state.ts";
import type { Effect, Id, Source } from "../../../../src/core/types.ts";
import { fakeCrypto, fakeId } from "../../../../src/sim/crypto.ts";
import { crypto } from "../../../helpers/history.ts";
import { CONFIG, linkedNode } from "../../../helpers/node_subject.ts";

const [ANN, BOB, ZOE] = ["ann", "bob", "zoe"].map(fakeId);
const BOX = fakeCrypto().sealer("ann").box;
const LOCAL: Source = { kind: "local", tag: 7 };
const GUEST = 9;

/** A node that knows of these members where private messages for them are sealed to. */
function knowing(ids: readonly Id[], name = ""): NodeState {
  const node = linkedNode();
  const members = ids.map((id) => {
    const word = { seq: 1, address: "far:7000", name, box: BOX, left: false };
    return speak(namedMember(id, "far:7000", node.now_ms), word, node.now_ms);
  });
  return { ...node, members: setMembers(node.members, members) };
}

/** One turn over a state: what it was after that, and what was to be done. */
function turn(
  state: NodeState,
  change: (turn: Turn) => void,
  later_ms = 0,
): [NodeState, readonly Effect[]] {
  const one = new Turn(state, state.now_ms + later_ms, crypto.env);
  change(one);
  return one.finish();
}

function post(one: Turn, to: Id, text: string, source = LOCAL, within_ms = 1_000): void {
  assertEquals(takePrivate(one, to, [text], source, one.now_ms + within_ms), null);
}

/** A packet was opened. */
function unseal(one: Turn, peer: Id, number: number, after: number, text = ""): void {
  const context = sealContext("rumor", peer, CONFIG.id);
  const seal = { peer, box: BOX, context, role: "data", number } as const;
  takeUnsealed(one, seal, encodeParcel({ after, time_ms: 1, items: [text] }));
}

/** What was said to a guest. */
function told(effects: readonly Effect[], link = GUEST): Line[] {
  const sent = effects.filter((effect) => effect.kind === "send" && effect.link === link);
  return sent.flatMap((effect) => effect.kind === "send" ? effect.lines : [])
    .map((line) => decodeLine(line.slice(0, -1)) as Line);
}

function withGuest(state: NodeState, own = true, remote_host = "127.0.0.1"): NodeState {
  const [link] = state.links.values();
  const guest: Link = { ...link, id: GUEST, role: "guest", peer: "", remote_host, own };
  return { ...state, links: new Map(state.links).set(GUEST, guest) };
}

Deno.test("`takePrivate()` refuses however many messages of nothing, and answers for all it took", () => {
  let taken = 0;
  const [full] = turn(knowing([]), (one) => {
    while (takePrivate(one, ZOE, [""], LOCAL, one.now_ms + 1_000) === null) taken++;
  });
  // Each of them costs more than its four bytes.
  assertLess(taken, POSTED_BYTES_MAX / 100);
  const [empty, effects] = turn(full, sendPrivate, 1_000);
  assertEquals(effects.filter(({ kind }) => kind === "notice").length, taken);
  assertEquals([empty.outgoing.size, empty.posted_bytes], [0, 0]);
});

Deno.test("`sendPrivate()` finds the next deadline among more messages than a call takes arguments", () => {
  // As many as wait for peers that take their time, besides those that wait here.
  const state = knowing([ANN]);
  const [posted] = turn(state, (one) => {
    for (let at = 0; at < 2; at++) post(one, ANN, "", LOCAL, 1_000 + 1_000 * at);
  });
  const one = posted.outgoing.get(ANN)!;
  const [first, last] = [...one.waiting.from()];
  const many = one.waiting.dropUntil(2).append([first, ...Array(300_000).fill(last)]);
  const outgoing = new Map([[ANN, { ...one, box: "", waiting: many }]]);
  const [after] = turn({ ...posted, outgoing }, (one) => sendPrivate(one), 1_500);
  assertEquals(after.outgoing.get(ANN)?.expires_ms, state.now_ms + 2_000);
});

Deno.test("`posted_bytes` is 0 again, however messages end", () => {
  const guest: Source = { kind: "guest", link: GUEST, request: 1 };
  let [state] = turn(knowing([ANN]), (one) => {
    post(one, ANN, "acknowledged");
    sendPrivate(one);
    post(one, ANN, "in flight when the node leaves", LOCAL, 9_000);
    sendPrivate(one);
    post(one, ZOE, "of a guest that goes", guest, 9_000);
    post(one, ZOE, "late");
    post(one, ZOE, "waits when the node leaves", LOCAL, 9_000);
  });
  const costs = [state.posted_bytes];
  const steps: readonly (readonly [(one: Turn) => void, number])[] = [
    [(one) => takePrivateAck(one, ANN, encodeAck(1)), 0],
    [(one) => dropPosts(one, GUEST), 0],
    [sendPrivate, 1_000],
  ];
  for (const [change, later_ms] of steps) {
    [state] = turn(state, change, later_ms);
    costs.push(state.posted_bytes);
  }
  // Each step takes something away.
  assertEquals(costs, [...costs].sort((a, b) => b - a));
  assertEquals(new Set(costs).size, 4);
  const [left, effects] = turn(state, giveUpPrivate);
  assertEquals([left.outgoing.size, left.posted_bytes], [0, 0]);
  assertEquals(effects.filter(({ kind }) => kind === "notice").length, 2);
  // Nobody is told twice.
  assertEquals(turn(left, sendPrivate, 60_000)[1], []);
});

Deno.test("`sendPrivate()` seeks many members in few items", () => {
  const ids = Array.from({ length: 2 * SOUGHT_PER_ITEM_MAX + 1 }, (_, at) => fakeId(`m${at}`));
  const [posted] = turn(knowing(ids), (one) => {
    for (const id of ids) post(one, id, "x", LOCAL, 60_000);
    sendPrivate(one);
  });
  const outgoing = new Map(
    [...posted.outgoing].map(([id, one]) => [id, { ...one, due_ms: posted.now_ms }]),
  );
  const before = posted.drafts.get("presence")?.items.length ?? 0;
  const [sought] = turn({ ...posted, outgoing }, sendPrivate, PACKET_RETRY_MS);
  const items = sought.drafts.get("presence")!.items.slice(before);
  assertEquals(items.length, 3);
  const seek = items.flatMap(({ item }) => (item as { seek: string[] }).seek);
  assertEquals(seek.sort(), [...ids].sort());
});

Deno.test("`takeUnsealed()` keeps early packets of many senders up to a limit, and hears all of them", () => {
  const senders = Array.from({ length: 8 }, (_, at) => fakeId(`s${at}`));
  const text = "x".repeat(100_000);
  const [kept] = turn(knowing([...senders, ANN]), (one) => {
    for (const sender of senders) {
      for (let number = 2; number < 2 + PACKETS_EARLY_MAX; number++) {
        unseal(one, sender, number, 2 ** 50, text);
      }
    }
  });
  assert(kept.early_bytes <= EARLY_BYTES_MAX, `${kept.early_bytes}`);
  assert(kept.early_bytes > EARLY_BYTES_MAX / 2);
  const [heard] = turn(kept, (one) => {
    unseal(one, ANN, 5, 4, text);
    unseal(one, ANN, 4, 0, "first");
    unseal(one, ANN, 5, 4, "again");
    // Whoever sent what waits for ever goes on without it, and it is let go.
    for (const sender of senders) unseal(one, sender, 2 ** 40, 0, "new");
  });
  assertEquals(heard.early_bytes, 0);
  const texts = heard.letters.records.flatMap(({ items }) => items);
  assertEquals(texts, ["first", "again", ...senders.map(() => "new")]);
});

Deno.test("`takeUnsealed()` makes room for a new sender where a former one is no member any more", () => {
  const state = knowing([ANN, BOB]);
  const known = { box: BOX, last: 3, early: new Map(), owes_ack: false, print: 0 };
  const incoming = new Map([[BOB, known]]);
  for (let at = 1; at < SENDERS_MAX; at++) incoming.set(`former ${at}`, known);
  const [heard] = turn({ ...state, incoming }, (one) => unseal(one, ANN, 1, 0, "hello"));
  assertEquals(heard.incoming.size, SENDERS_MAX);
  assertEquals(heard.letters.records.length, 1);
  assertEquals([heard.incoming.has(BOB), heard.incoming.get(ANN)?.last], [true, 1]);
});

Deno.test("`handOn()` hands on so many lines a second to one peer, and drops the others", () => {
  const line = { k: "route", h: 5, to: ANN, o: BOB, m: "data", n: 1, x: "" } as const;
  const flood = (one: Turn) => {
    for (let count = 0; count < 3 * ROUTED_PER_SECOND; count++) handOn(one, line);
  };
  // What is acknowledged at once leaves only the count as a limit.
  const acked = (state: NodeState): NodeState => ({
    ...state,
    links: new Map([...state.links].map(([id, link]) => [id, {
      ...link,
      acked_bytes: link.sent_bytes,
      routed: [],
    }])),
  });
  let [state, effects] = turn(linkedNode(), flood);
  const sent = () => effects.flatMap((one) => one.kind === "send" ? one.lines : []);
  assertLess(sent().length, ROUTED_PER_SECOND);
  assert(state.counts.get("not-routed:full")! > 0);
  let total = sent().length;
  for (let round = 0; round < 10; round++) {
    [state, effects] = turn(acked(state), flood);
    total += sent().length;
  }
  assertEquals(total, ROUTED_PER_SECOND);
  assert(state.counts.get("not-routed:too-many")! > 0);
  [state, effects] = turn(acked(state), flood, 100);
  assertEquals(sent().length, ROUTED_PER_SECOND / 10);
});

Deno.test("`takePost()` takes nothing from a guest that is not the node's own user, wherever it comes from", () => {
  const line = { k: "post", i: 1, to: ANN, b: ["x"], within: 1_000 } as const;
  for (
    const host of [
      "10.0.0.7",
      "::ffff:10.0.0.7",
      "fe80::1",
      "127.evil.example",
      "::2",
      "127.0.0.1",
      "::1",
    ]
  ) {
    const state = withGuest(knowing([ANN]), false, host);
    const [after, effects] = turn(state, (one) => takePost(one, one.state.links.get(GUEST)!, line));
    assertEquals(after.outgoing.size, 0, host);
    const why = "private messages need the node's own user on its machine; run rumor pm there";
    assertEquals(told(effects), [{ k: "refused", i: 1, why }]);
  }
  const state = withGuest(knowing([ANN]));
  const [after, effects] = turn(state, (one) => takePost(one, one.state.links.get(GUEST)!, line));
  assertEquals([after.outgoing.size, told(effects)], [1, []]);
});

Deno.test("`takePost()` lists few of many who share a name, so that its answer fits into a line", () => {
  const many = Array.from({ length: 9_000 }, (_, at) => fakeId(`twin${at}`));
  const state = withGuest(knowing(many, "twin"));
  const line = { k: "post", i: 1, to: "twin", b: ["x"], within: 1_000 } as const;
  const [, effects] = turn(state, (one) => takePost(one, one.state.links.get(GUEST)!, line));
  const [refused] = told(effects);
  assert(refused.k === "refused" && refused.why.startsWith("9000 peers are called twin"));
  // It is printed in one line, of which nothing is left out.
  assertLess(refused.why.length, 600);
});

Deno.test("`takePost()` takes so many requests of a guest, and as many again once they are answered", () => {
  let state = withGuest(knowing([ANN]));
  for (let round = 0; round < 3; round++) {
    let effects: readonly Effect[];
    [state, effects] = turn(state, (one) => {
      for (let i = 0; i < 2 * REQUESTS_PER_GUEST_MAX; i++) {
        const line = { k: "post", i, to: ANN, b: ["x"], within: 500 } as const;
        takePost(one, one.state.links.get(GUEST)!, line);
      }
      sendPrivate(one);
    });
    const refused = told(effects).filter((line) => line.k === "refused" && !line.late);
    assertEquals(refused.length, REQUESTS_PER_GUEST_MAX);
    [state, effects] = turn(state, sendPrivate, 500);
    assertEquals(told(effects).length, REQUESTS_PER_GUEST_MAX);
    assertEquals([state.outgoing.size, state.posted_bytes], [0, 0]);
  }
});
