import { assertEquals, assertStrictEquals } from "@std/assert";
import {
  hasOf,
  newReplica,
  openLogs,
  type Replica,
  ReplicaEdit,
} from "../../../../src/core/replication/slice.ts";
import { deepFreeze } from "../../../helpers/deep_freeze.ts";

function changed(replica: Replica, change: (edit: ReplicaEdit) => void): Replica {
  const edit = new ReplicaEdit(deepFreeze(replica));
  change(edit);
  return edit.finish();
}

Deno.test("`ReplicaEdit.learn()` knows a log that was unknown, and never goes back", () => {
  const replica = changed(newReplica(), (edit) => {
    edit.learn(2, 5);
    edit.learn(2, 3);
  });
  assertEquals([0, 1, 2].map((index) => hasOf(replica, index)), [0, 0, 5]);
});

Deno.test("`ReplicaEdit.finish()` returns the same reference where nothing changed", () => {
  const replica = changed(newReplica(), (edit) => {
    edit.learn(1, 5);
    edit.moveCursor("chat", 3);
  });
  const same = changed(replica, (edit) => {
    edit.learn(1, 4);
    edit.moveCursor("chat", 3);
    edit.moveCursor("news", null);
    edit.forget(7);
  });
  assertStrictEquals(same, replica);
});

Deno.test("`ReplicaEdit.change()` lists as open those about which something is to be done", () => {
  const touched = changed(newReplica(), (edit) => {
    edit.change(1, { touched: true });
    edit.change(2, { has: 9 });
    edit.change(3, { proof: "owed" });
    edit.change(4, { proof: "shown" });
  });
  assertEquals([...touched.open], [1, 3]);
  assertEquals(openLogs(touched, ({ touched }) => touched).map(([index]) => index), [1]);
  const done = changed(touched, (edit) => {
    assertEquals(edit.open(() => true).length, 2);
    for (const [index] of edit.open(() => true)) {
      edit.change(index, { touched: false, proof: "none" });
    }
    assertEquals(edit.open(() => true), []);
  });
  assertEquals([done.open.size, touched.open.size], [0, 2]);
});
