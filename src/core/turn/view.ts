/** What rooms may read of a state, and whoever looks at a node from outside. */

import type { Env, Json, Right } from "../types.ts";
import type { NodeConfig } from "../data/config.ts";
import type { Broadcast } from "../broadcast/slice.ts";
import type { Flow } from "../flow/slice.ts";
import { type Answer, answerTo } from "../guests/questions.ts";
import type { Guests } from "../guests/slice.ts";
import { type Host, recordsOf } from "../host/slice.ts";
import { appView } from "../host/turn.ts";
import type { LogState } from "../log/slice.ts";
import type { Membership } from "../membership/slice.ts";
import type { Output, Records } from "../output/slice.ts";
import type { Publish } from "../publish/slice.ts";
import type { Repair } from "../repair/slice.ts";
import type { Replication } from "../replication/slice.ts";
import type { Sessions } from "../session/slice.ts";
import type { Storage } from "../storage/slice.ts";
import type { Unicast } from "../unicast/slice.ts";
import type { NodeState } from "./state.ts";

/** What rooms, and whoever looks at a node from outside, may read of a state. */
export class StateView {
  constructor(
    protected readonly of: { readonly state: NodeState; readonly env: Env },
  ) {}

  get config(): NodeConfig {
    return this.of.state.config;
  }
  get env(): Env {
    return this.of.env;
  }
  get now_ms(): number {
    return this.of.state.now_ms;
  }
  get counts(): ReadonlyMap<string, number> {
    return this.of.state.counts;
  }
  get log(): LogState {
    return this.of.state.log;
  }
  get session(): Sessions {
    return this.of.state.session;
  }
  get flow(): Flow {
    return this.of.state.flow;
  }
  get replication(): Replication {
    return this.of.state.replication;
  }
  get repair(): Repair {
    return this.of.state.repair;
  }
  get membership(): Membership {
    return this.of.state.membership;
  }
  get broadcast(): Broadcast {
    return this.of.state.broadcast;
  }
  get unicast(): Unicast {
    return this.of.state.unicast;
  }
  get publish(): Publish {
    return this.of.state.publish;
  }
  get output(): Output {
    return this.of.state.output;
  }
  get guests(): Guests {
    return this.of.state.guests;
  }
  get storage(): Storage {
    return this.of.state.storage;
  }
  get host(): Host {
    return this.of.state.host;
  }

  /** What the app has to print that this node prints. */
  get records(): Records {
    return recordsOf(this.host.apps, this.host.states, this.config.front.app);
  }

  /** The same, as it was stored last. */
  get settled_records(): Records {
    return recordsOf(this.host.apps, this.storage.settled.states, this.config.front.app);
  }

  /** Which right a guest needs to hand a request to an app; null where there is no such app. */
  rightFor(name: string, request: Json): Right | null {
    const app = this.host.apps.find((one) => one.name === name);
    if (app === undefined) return null;
    const { requests = "own" } = app;
    return typeof requests === "function" ? requests(request) : requests;
  }

  /** What an app answers to a question, from what it made of what is stored. */
  appAnswer(question: string): Answer | null {
    for (const app of this.host.apps) {
      const asked = app.questions?.[question];
      if (asked === undefined || !Object.hasOwn(app.questions!, question)) continue;
      const { states } = this.storage.settled;
      const state = states.get(app.name), view = appView(this, this.host, states);
      return {
        right: asked.right,
        names: (args) => asked.names(state, args, view),
        row: (name) => asked.row(state, name, view),
      };
    }
    return null;
  }

  /** Everything that is answered to a question, for whoever asks from inside; null for no such. */
  answers(question: string, args: readonly string[] = []): (readonly string[])[] | null {
    const answer = answerTo(this, question);
    return answer === null ? null : answer.names(args).map(answer.row);
  }
}

/** A state as rooms see it, for whoever only looks. */
export function viewOf(state: NodeState): StateView {
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
