import { assert, assertEquals, assertMatch } from "@std/assert";
import type { AppEvent, AppOut } from "../../../src/core/host/app.ts";
import { privateMessages } from "../../../src/apps/private/app.ts";
import type { NodeState } from "../../../src/core/node.ts";
import type { Json, Source } from "../../../src/core/types.ts";
import { fakeId } from "../../../src/sim/crypto.ts";
import { knowing } from "../../helpers/messenger.ts";
import { appViewOf } from "../../helpers/app_view.ts";
import { CONFIG, linkedNode } from "../../helpers/node_subject.ts";

const [ANN, BOB, CYD] = ["ann", "bob", "cyd"].map(fakeId);
const SOURCE: Source = { kind: "local", tag: 3 };

/** What the app wants done about an event. */
function react(state: NodeState, event: AppEvent): readonly AppOut[] {
  const [after, outs] = privateMessages.reduce!(
    null,
    event,
    appViewOf(state),
  );
  assertEquals(after, null);
  return outs;
}

function request(state: NodeState, request: Json): readonly AppOut[] {
  return react(state, { kind: "request", request, source: SOURCE, by: null });
}

/** A node that knows ann, and bob twice. */
function crowd(): NodeState {
  return knowing([BOB, CYD], "bob", knowing([ANN], "ann"));
}

Deno.test("`privateMessages` sends to the one who is meant, by name, id, or its beginning", () => {
  const message = { items: ["x", { base64: "AAEC" }], within_ms: 5 };
  for (const to of ["ann", ANN, ANN.slice(0, 9)]) {
    const expected = { kind: "send", to: ANN, source: SOURCE, ...message };
    assertEquals(request(crowd(), { to, ...message }), [expected as AppOut]);
  }
});

Deno.test("`privateMessages` says why it sends nothing", () => {
  const good = { to: "ann", items: ["x"], within_ms: 1 };
  const cases: [Json, RegExp][] = [
    [null, /needs to, items and within_ms/],
    [[], /needs to, items and within_ms/],
    ["ann", /needs to, items and within_ms/],
    [{}, /needs to, items and within_ms/],
    [{ ...good, to: 7 }, /needs to, items and within_ms/],
    [{ ...good, items: "x" }, /needs to, items and within_ms/],
    [{ ...good, within_ms: "1" }, /needs to, items and within_ms/],
    [{ ...good, within_ms: -1 }, /needs to, items and within_ms/],
    [{ ...good, items: [] }, /nothing to send/],
    [{ ...good, items: ["fine", "two\nlines"] }, /newline/],
    [{ ...good, items: [7] }, /must be text/],
    [{ ...good, to: "zoe" }, /nobody here is called zoe/],
    [{ ...good, to: "bob" }, /2 peers are called bob/],
    [{ ...good, to: CONFIG.id }, /that is this node/],
  ];
  for (const [bad, why] of cases) {
    const [answer, ...more] = request(crowd(), bad);
    assertEquals(more, []);
    assert(answer.kind === "answer", JSON.stringify(bad));
    assertEquals([answer.source, answer.late ?? false], [SOURCE, false]);
    assertMatch(answer.why ?? "", why, JSON.stringify(bad));
  }
});

Deno.test("`privateMessages` takes a name that this node has, too, for the other", () => {
  const named = linkedNode({ name: "ann" }), message = { to: "ann", items: ["x"], within_ms: 5 };
  const [alone] = request(named, message);
  assertEquals(alone, { kind: "answer", source: SOURCE, why: "that is this node" });
  const [sent] = request(knowing([ANN], "ann", named), message);
  assertEquals(sent.kind === "send" && sent.to, ANN);
});

Deno.test("`privateMessages` prints the lines of a message, and nothing that is none", () => {
  const from = { kind: "message", from: ANN, name: "ann", time_ms: 9 } as const;
  const items = ["a", 7, "two\nlines", { base64: "AAEC" }, null, { base64: "Cg==" }];
  const good = ["a", { base64: "AAEC" }];
  const [print, ...more] = react(crowd(), { ...from, items });
  assertEquals(more, []);
  const record = { from: ANN, name: "ann", time_ms: 9, items: good };
  assertEquals(print, { kind: "print", record, bytes: JSON.stringify(good).length });
  for (const none of [[], [7], ["two\nlines"]]) {
    assertEquals(react(crowd(), { ...from, items: none }), []);
  }
});
