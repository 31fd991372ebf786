/** What guests may want of apps, and ask them, by the right that they have. */

import { assert, assertEquals, assertLess } from "@std/assert";
import { ANSWER_BYTES_TARGET, REQUESTS_PER_GUEST_MAX } from "../../../../src/core/data/limits.ts";
import { asApp } from "../../../../src/core/host/app.ts";
import { type NodeState, reduceNode } from "../../../../src/core/node.ts";
import { encodeAck } from "../../../../src/core/unicast/packets.ts";
import type { Json, Right } from "../../../../src/core/types.ts";
import { fakeId } from "../../../../src/sim/crypto.ts";
import { GUEST, heard, run, say, withGuest } from "../../../helpers/guest.ts";
import { knowing, PLAIN } from "../../../helpers/messenger.ts";
import { CONFIG, linesEvent, NOW_MS } from "../../../helpers/node_subject.ts";
import { eventsOf, obedient, order, tinyApp } from "../../../helpers/tiny_app.ts";

const ANN = fakeId("ann");
const NOT_OWN = "only the node's own user, on its machine, may do that";

/** A message to somebody, as a guest hands it over. */
function post(i: number, to = ANN, within_ms = 1_000): Json {
  return { k: "request", i, app: "private", r: { to, items: ["x"], within_ms } };
}

/** A node that knows some members, with a guest that is its own user. */
function ownGuest(ids: readonly string[], name = ""): NodeState {
  return knowing(ids, name, withGuest({ own: true }));
}

/** An app that needs a right, and one question for each right; it does as it is told at once. */
function needing(right: Right) {
  const questionOf = (needed: Right) => ({
    right: needed,
    names: (_: null, args: readonly string[]) => args,
    row: (_: null, name: string) => [name, needed],
  });
  return asApp<null>({
    name: "tiny",
    initial: () => null,
    requests: right,
    reduce: (state, event) =>
      event.kind === "request" ? [state, [{ ...event, kind: "answer", why: null }]] : [state, []],
    questions: { reads: questionOf("read"), says: questionOf("say"), owns: questionOf("own") },
  });
}

Deno.test("`reduceGuests()` takes private messages of nobody but the node's own user", () => {
  const stranger = knowing([ANN], "", withGuest());
  const refused = say(stranger, post(1));
  assertEquals(refused.after.unicast.outgoing.size, 0);
  assertEquals(refused.heard, [{ k: "refused", i: 1, why: NOT_OWN }]);
  assertEquals(refused.after.guests.guests.get(GUEST)!.open_requests, 0);
  const taken = say(ownGuest([ANN]), post(1));
  assertEquals([taken.after.unicast.outgoing.size, taken.heard], [1, []]);
});

Deno.test("`reduceGuests()` takes a guest for the own user wherever it comes from, if the shell says so", () => {
  for (
    const remote_host of [
      "10.0.0.7",
      "::ffff:10.0.0.7",
      "fe80::1",
      "127.evil.example",
      "::2",
      "127.0.0.1",
      "::1",
    ]
  ) {
    for (const own of [true, false]) {
      const link = 9, hello = '{"k":"hello","v":1,"network":"rumor","guest":true}';
      const hosts = { local_host: "me", remote_host, nonce: "n", dialled: null };
      const base = knowing([ANN]), { now_ms } = base;
      const [node] = run(base, [
        { kind: "opened", now_ms, link, ...hosts, ...(own && { own }) },
        linesEvent(link, hello, JSON.stringify(post(1))),
      ]);
      assertEquals(node.unicast.outgoing.size, own ? 1 : 0, remote_host);
    }
  }
});

Deno.test("`reduceGuests()` lists few of many who share a name, so that its answer fits into a line", () => {
  const many = Array.from({ length: 9_000 }, (_, at) => fakeId(`twin${at}`));
  const { heard: [refused] } = say(ownGuest(many, "twin"), post(1, "twin"));
  assert(refused.k === "refused" && refused.why.startsWith("9000 peers are called twin"));
  // It is printed in one line, of which nothing is left out.
  assertLess(refused.why.length, 600);
});

Deno.test("`reduceGuests()` takes so many requests of a guest, and as many again once they are answered", () => {
  // Nobody but a tick that is asked for gives up what is late.
  let state = ownGuest([ANN]);
  const requests = Array.from({ length: 2 * REQUESTS_PER_GUEST_MAX }, (_, i) => post(i, ANN, 500));
  for (let round = 0; round < 3; round++) {
    const { now_ms } = state;
    const lines = linesEvent(GUEST, ...requests.map((line) => JSON.stringify(line)));
    const [posted, first] = reduceNode(state, { ...lines, now_ms }, PLAIN);
    const refused = heard(first).filter(({ k, late }) => k === "refused" && !late);
    assertEquals(
      refused.map(({ why }) => why),
      Array(REQUESTS_PER_GUEST_MAX).fill(
        "too many requests at once",
      ),
    );
    const [sent, more] = reduceNode(posted, { kind: "tick", now_ms }, PLAIN);
    assertEquals(heard(more), []);
    const [after, last] = reduceNode(sent, { kind: "tick", now_ms: now_ms + 500 }, PLAIN);
    const late = heard(last).filter(({ k }) => k === "refused");
    assertEquals(late.map(({ late }) => late), Array(REQUESTS_PER_GUEST_MAX).fill(true));
    const { outgoing, outgoing_bytes } = after.unicast;
    assertEquals([outgoing.size, outgoing_bytes], [0, 0]);
    state = after;
  }
});

Deno.test("`reduceGuests()` says how a message ended", () => {
  const { after } = say(ownGuest([ANN]), post(4), post(5));
  // The peer reads what came first, and says so; both went in one packet.
  const [{ number }] = after.unicast.outgoing.get(ANN)!.flight;
  const x = encodeAck({ last: number, refused: [] })
    .toBase64({ alphabet: "base64url", omitPadding: true });
  const ack = { k: "route", h: 5, to: CONFIG.id, o: ANN, m: "ack", n: 1, x };
  const [, read] = run(after, [linesEvent(1, JSON.stringify(ack))]);
  assertEquals(heard(read), [{ k: "delivered", i: 4 }, { k: "delivered", i: 5 }]);
  const { now_ms } = after;
  const [left, effects] = run(after, [{ kind: "leave", now_ms, deadline_ms: now_ms }]);
  assertEquals(left.membership.life.phase, "done");
  const why = "this node left first";
  assertEquals(heard(effects).map(({ k, i, why }) => [k, i ?? why]), [
    ["refused", 4],
    ["refused", 5],
    ["bye", "leaving"],
  ]);
  assertEquals(heard(effects)[0], { k: "refused", i: 4, why, late: true });
});

Deno.test("`reduceGuests()` lets a guest do and ask what it has the right for", () => {
  const rights: Right[] = ["read", "say", "own"], questions = ["reads", "says", "owns"];
  for (const right of rights) {
    for (const own of [true, false]) {
      const node = withGuest({ own, apps: [needing(right)] });
      const has = rights.indexOf(own ? "own" : "say");
      const request = say(node, { k: "request", i: 1, app: "tiny", r: null });
      const done = { k: "delivered", i: 1 }, refused = { k: "refused", i: 1, why: NOT_OWN };
      assertEquals(request.heard, [has >= rights.indexOf(right) ? done : refused]);
      assertEquals(request.after.guests.guests.get(GUEST)!.open_requests, 0);
      for (const [index, q] of questions.entries()) {
        const { heard: [answer] } = say(node, { k: "ask", i: 2, q, a: ["row"] });
        const why = "only the node's own user, on its machine, may ask that";
        const expected = has >= index
          ? { k: "answer", i: 2, r: [["row", rights[index]]] }
          : { k: "refused", i: 2, why };
        assertEquals(answer, expected);
      }
    }
  }
});

Deno.test("`reduceGuests()` refuses questions and apps that nobody knows, and goes on", () => {
  const node = withGuest({ own: true, apps: [needing("own")] });
  for (const q of ["weather", "__proto__", "constructor", "toString", ""]) {
    const { heard, after } = say(node, { k: "ask", i: 3, q }, { k: "ask", i: 4, q: "says" });
    const why = `this node has no answer to ${q}`;
    assertEquals(heard, [{ k: "refused", i: 3, why }, { k: "answer", i: 4, r: [] }]);
    assert(after.session.links.has(GUEST));
  }
  for (const app of ["weather", "__proto__", "constructor", ""]) {
    const { heard, after } = say(node, { k: "request", i: 3, app, r: {} });
    assertEquals(heard, [{ k: "refused", i: 3, why: `this node has no app ${app}` }]);
    assert(after.session.links.has(GUEST));
  }
});

Deno.test("`reduceGuests()` answers what is asked while another answer is read, and begins that anew", () => {
  const app = needing("own");
  let node = withGuest({ apps: [app] });
  const names = Array.from({ length: 40 }, (_, at) => `${"x".repeat(400)}${at}`);
  const ask = (i: number, a?: readonly string[]) => {
    const answer = say(node, { k: "ask", i, q: "reads", ...(a && { a }) });
    node = answer.after;
    assertEquals(answer.heard.length, 1);
    assertLess(JSON.stringify(answer.heard).length, ANSWER_BYTES_TARGET * 2);
    return answer.heard[0];
  };
  const rows = [];
  for (let more = true; more;) {
    // Only the first time it matters what it is about.
    const answer = ask(7, rows.length === 0 ? names : undefined);
    rows.push(...answer.r);
    more = answer.more ?? false;
  }
  assertEquals(rows, names.map((name) => [name, "read"]));
  const { r: [first] } = ask(8, names);
  assertEquals(ask(9, ["other"]), { k: "answer", i: 9, r: [["other", "read"]] });
  assertEquals(ask(8, names).r[0], first);
  // A guest that is gone is asked nothing more.
  const closed = { kind: "closed", now_ms: node.now_ms, link: GUEST } as const;
  assertEquals(run(node, [closed])[0].guests.guests.size, 0);
});

Deno.test("`reduceGuests()` goes on with an answer only where the same is asked again", () => {
  const node = withGuest({ apps: [needing("say")] });
  const names = Array.from({ length: 40 }, (_, at) => `${"x".repeat(400)}${at}`);
  const { heard: [first], after } = say(node, { k: "ask", i: 7, q: "reads", a: names });
  assertEquals([first.r[0], first.more], [[names[0], "read"], true]);
  const { heard: [other] } = say(after, { k: "ask", i: 7, q: "says", a: ["row"] });
  assertEquals(other, { k: "answer", i: 7, r: [["row", "say"]] });
  const { heard: [more] } = say(after, { k: "ask", i: 7, q: "reads" });
  assertEquals(more.r[0], [names[first.r.length], "read"]);
});

Deno.test("`reduceHost()` refuses requests to an app that takes none, and nobody waits for them", () => {
  const silent = asApp<null>({
    name: "silent",
    initial: () => null,
    reduce: (state) => [state, []],
  });
  const bare = asApp<null>({ name: "bare", initial: () => null, requests: "read" });
  const node = withGuest({ own: true, apps: [silent, bare] });
  for (const app of ["silent", "bare"]) {
    const requests = Array.from({ length: 2 * REQUESTS_PER_GUEST_MAX }, (_, i) => {
      return { k: "request", i, app, r: {} };
    });
    const { heard, after } = say(node, ...requests);
    const why = `the app ${app} takes no requests`;
    assertEquals(heard, requests.map(({ i }) => ({ k: "refused", i, why })));
    assertEquals(after.guests.guests.get(GUEST)!.open_requests, 0);
    // The user at the prompt is told, too.
    const { now_ms } = node;
    const [, effects] = run(node, [{ kind: "request", now_ms, app, request: {}, tag: 7 }]);
    const notices = effects.flatMap((effect) => effect.kind === "notice" ? [effect.notice] : []);
    assertEquals(notices, [{ kind: "refused", source: { kind: "local", tag: 7 }, why }]);
  }
});

Deno.test("`privateMessages` refuses what is no request for a message, and says what is missing", () => {
  const good = { to: ANN, items: ["x"], within_ms: 1_000 };
  const wrong: Json[] = [
    null,
    "ann",
    [],
    { ...good, to: 5 },
    // It would come back in the answer.
    { ...good, to: "\x01".repeat(40_000) },
    { ...good, to: "a".repeat(257) },
    { ...good, items: "x" },
    { ...good, within_ms: "1" },
    { ...good, within_ms: 0.5 },
    { ...good, within_ms: -1 },
    JSON.parse(`{"__proto__":${JSON.stringify(good)}}`),
  ];
  const node = ownGuest([ANN]);
  for (const r of wrong) {
    const { heard: [refused], after } = say(node, { k: "request", i: 1, app: "private", r });
    const why = "a private message needs to, items and within_ms";
    assertEquals(refused, { k: "refused", i: 1, why }, JSON.stringify(r).slice(0, 80));
    assertEquals(after.guests.guests.get(GUEST)!.open_requests, 0);
  }
  assertEquals(say(node, { k: "request", i: 1, app: "private", r: good }).heard, []);
});

Deno.test("`reduceGuests()` lets apps know of a guest that leaves before it is answered", () => {
  const apps = [tinyApp("waits"), tinyApp("answers", obedient)];
  const request = (app: string, i: number, r: Json) => ({ k: "request", i, app, r });
  const closed = { kind: "closed", now_ms: NOW_MS, link: GUEST } as const;
  const leave = (...lines: readonly Json[]) => {
    const [left] = run(say(withGuest({ own: true, apps }), ...lines).after, [closed]);
    return eventsOf(left, "waits").map(({ kind }) => kind).filter((kind) => kind !== "started");
  };
  assertEquals(leave(request("waits", 1, "x"), request("waits", 2, "y")), [
    "request",
    "request",
    "gone",
  ]);
  const source = { kind: "guest", link: GUEST, request: 1 } as const;
  const done = order({ kind: "answer", source, why: null });
  assertEquals(leave(request("answers", 1, done)), []);
});
