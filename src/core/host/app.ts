/**
 * What an app is to the core: a pure fold over what the log delivers, and values that say what else it
 * wants. It never sees links, the clocks of peers, or sockets. Its laws are those of every reducer
 * (see .github/ARCHITECTURE.md): the input stays as it is, a batch may be split anywhere, and every
 * schedule that delivers everything ends in the same state.
 */

import type { Env, Id, Json, LinkId, Right, Source, Topic } from "../types.ts";
import type { FrontConfig, NodeConfig } from "../data/config.ts";
import type { AppendLog } from "../data/append_log.ts";
import type { TopicRule } from "../log/slice.ts";
import type { Member } from "../membership/members.ts";

/** An app, as it is given to the core; `State` is only its own business. */
export interface App<State = unknown> {
  readonly name: string;
  /** The topics that are its own, and what is special about them. */
  readonly topics?: readonly (TopicRule & { readonly topic: Topic })[];
  /** Whether every topic that no app names is its own. */
  readonly any_topic?: boolean;
  /** Apps whose order it follows: it gets their `order` outs as `ordered` events. */
  readonly builds_on?: readonly string[];
  /** Before anything happened; `apps` are all that the node has. */
  readonly initial: (config: NodeConfig, apps: readonly App[]) => State;
  /** What it says to an app that it builds on about what that one orders; only they know what it is. */
  readonly order?: unknown;
  /** What it shows to apps that build on it; only they know what it is. */
  readonly offers?: (state: State) => unknown;
  /**
   * Tells of one item after the other why it may not be published in a topic of its own, or null.
   * `drafted` waits here to be published already.
   */
  readonly refuse?: (state: State, drafted: readonly Json[]) => (item: Json) => string | null;
  /** What it does about an event. Without one, its topics are only kept and printed. */
  readonly reduce?: (
    state: State,
    event: AppEvent,
    view: AppView,
  ) => readonly [State, readonly AppOut[]];
  /** What it has to print, oldest first, where it does not print the lines of a topic. */
  readonly records?: (state: State) => AppendLog<Json>;
  readonly questions?: Readonly<Record<string, Question<State>>>;
  /**
   * Which right a guest needs to hand it requests; without one it takes none, from nobody. To publish
   * in its topics `say` is enough. Where that is not the same for all, it is asked of each.
   */
  readonly requests?: Right | ((request: Json) => Right);
}

/** A question that guests, and the prompt, may ask. The answer is read row by row, as fast as it is. */
export interface Question<State = unknown> {
  readonly right: Right;
  /** What the rows are about, in order; each is looked up when its row is read. */
  readonly names: (state: State, args: readonly string[], view: AppView) => readonly string[];
  readonly row: (state: State, name: string, view: AppView) => readonly string[];
}

/** One delivered item. */
export interface DeliveredItem {
  readonly origin: Id;
  readonly topic: Topic;
  /** Number of its entry, and its own number, in its log. */
  readonly entry: number;
  readonly number: number;
  /** Which of the entry's items it is, from 0. */
  readonly place: number;
  readonly time_ms: number;
  readonly item: Json;
  /** The exact bytes of its entry, with the newline: whoever has them can show who said it. */
  readonly line: Uint8Array;
}

export type AppEvent =
  /** Items of its topics, causes first. */
  | { readonly kind: "delivered"; readonly items: readonly DeliveredItem[] }
  /**
   * An origin signed two entries with the number `entry`: its log ends, and who has which version is
   * chance. An app whose nodes are to agree takes back what this entry and those behind it did.
   */
  | { readonly kind: "forked"; readonly origin: Id; readonly topic: Topic; readonly entry: number }
  /** An app that it builds on takes back its newest items, the last one first, and then adds some. */
  | {
    readonly kind: "ordered";
    readonly by: string;
    readonly removed: readonly Json[];
    readonly added: readonly Json[];
  }
  /** Messages of another node's app of this name. */
  | {
    readonly kind: "message";
    readonly from: Id;
    /** What the sender calls itself, "" for nothing; others may call themselves so too. */
    readonly name: string;
    readonly time_ms: number;
    readonly items: readonly Json[];
  }
  /**
   * The user, or a guest with the right for it, wants something; `by` is the app that handed it on,
   * which asks for a right of its own.
   */
  | {
    readonly kind: "request";
    readonly request: Json;
    readonly source: Source;
    readonly by: string | null;
  }
  /** A guest left: what it requested and waits for is of no use to anybody. */
  | { readonly kind: "gone"; readonly link: LinkId }
  /** What it sent with this tag ended: `why` is null where it was delivered. */
  | { readonly kind: "sent"; readonly tag: number; readonly why: string | null }
  /** The time that it asked for has come. */
  | { readonly kind: "woken" }
  /** How far a work of its is; the last time with `done`. */
  | {
    readonly kind: "worked";
    readonly tag: number;
    readonly result: unknown;
    readonly fault: string | null;
    readonly done: boolean;
  }
  /** What it kept in an earlier run, before anything else happens. */
  | { readonly kind: "restored"; readonly kept: readonly (readonly [key: string, value: Json])[] }
  /**
   * The node begins, and what an earlier run stored was delivered again. The earlier run has acted on
   * that already: whatever an app wanted before now that reaches others (publish, send, print, tell)
   * was left out, and what is still to be done it begins now.
   */
  | { readonly kind: "started" };

export type AppOut =
  /** Publishes items in a topic of its own. */
  | { readonly kind: "publish"; readonly topic: Topic; readonly items: readonly Json[] }
  /**
   * Sends items to the app of the same name at one node, over the shortest way there is; to a
   * neighbour this is one hop, so that an app can go hop by hop. `bulk` is for what is large: it goes
   * in small portions that delay nothing else. How it ended, the source is told.
   */
  | {
    readonly kind: "send";
    readonly to: Id;
    readonly items: readonly Json[];
    readonly source: Source;
    readonly within_ms: number;
    readonly bulk?: boolean;
  }
  /** A request was done, or (`why`) was not; `late` where it was tried. */
  | {
    readonly kind: "answer";
    readonly source: Source;
    readonly why: string | null;
    readonly late?: boolean;
  }
  /** Hands a request on to an app that it builds on, which answers it instead. */
  | {
    readonly kind: "pass";
    readonly to: string;
    readonly request: Json;
    readonly source: Source;
  }
  /** Closes the link to a neighbour that sent what no honest node sends. */
  | { readonly kind: "drop"; readonly peer: Id; readonly why: string }
  /** Wakes it at a time, instead of the time that it said before. */
  | { readonly kind: "wake"; readonly at_ms: number }
  /** Something that takes long, done outside the core by the app's own worker; see `worked`. */
  | { readonly kind: "work"; readonly tag: number; readonly task: unknown }
  /** It is no longer wanted: the app hears no more of it. */
  | { readonly kind: "cancel"; readonly tag: number }
  /** Prints a record at once; it takes about so many bytes. */
  | { readonly kind: "print"; readonly record: Json; readonly bytes: number }
  /** Tells the user; `bare` without the name of the program, for whoever reads it by a program. */
  | { readonly kind: "tell"; readonly text: string; readonly bare?: true }
  /** An item of somebody else that every node leaves out; `what` names it where such are counted. */
  | {
    readonly kind: "ignored";
    readonly origin: Id;
    readonly topic: Topic;
    readonly what: string;
    readonly why: string;
  }
  /** Keeps something on the disk by a name, where there is one; null lets it go. */
  | { readonly kind: "keep"; readonly key: string; readonly value: Json }
  /** Shows a row of one of its tables to SQL, where there is a disk; null takes it away. */
  | {
    readonly kind: "row";
    readonly table: string;
    readonly key: string;
    readonly row: readonly (string | number | null)[] | null;
  }
  /** Takes back its newest items of an order that others build on, the last one first, and then adds some. */
  | {
    readonly kind: "order";
    readonly removed: readonly Json[];
    readonly added: readonly Json[];
  };

/** What an app may read besides its own state. */
export interface AppView {
  /** What only a library can do. */
  readonly env: Pick<Env, "sha256" | "verify">;
  readonly self: Id;
  /** What this node calls itself, "" for nothing. */
  readonly name: string;
  readonly now_ms: number;
  readonly network: string;
  readonly front: FrontConfig;
  /** Everybody who is known, by id. */
  readonly members: ReadonlyMap<Id, Member>;
  /** Who is linked. */
  readonly neighbours: readonly Id[];
  /** What an app that it builds on shows to it; undefined where there is none, or it shows nothing. */
  readonly below: (name: string) => unknown;
}

/** An app as others handle it: what its state is, only it knows. */
export function asApp<State>(app: App<State>): App {
  return app as unknown as App;
}
