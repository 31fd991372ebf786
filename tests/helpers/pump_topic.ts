/** One topic streamed to one peer, for tests of that alone. */

import type { LogState } from "../../src/core/log/slice.ts";
import { Pump, type PumpOptions } from "../../src/core/replication/pump.ts";
import { type Replica, ReplicaEdit } from "../../src/core/replication/slice.ts";
import type { Topic } from "../../src/core/types.ts";

/** Streams one topic to a peer. */
export function pumpTopic(
  replica: Replica,
  log: LogState,
  name: Topic,
  options: PumpOptions,
): { readonly replica: Replica; readonly pump: Pump } {
  const edit = new ReplicaEdit(replica);
  const pump = new Pump(edit, log, options);
  pump.topic(name);
  return { replica: edit.finish(), pump };
}
