import { assertEquals } from "@std/assert";
import { dirname } from "node:path";
import { fileURLToPath } from "node:url";
import type { Report } from "../../../tools/rooms/figures.ts";

const ROOT = fileURLToPath(new URL("../../..", import.meta.url));

/** A program that breaks every wall; what its code must be counted for stands beside it. */
const PROGRAM: Record<string, string> = {
  "main.ts": `import { run } from "./src/cli/run.ts"; run();`,
  "src/cli/run.ts": `
    import { APPS } from "../apps/registry.ts";
    // The ledger and chat in a comment are no names.
    export function run() { return APPS.length; }
    export const openChats = 1, tag = "chat room";
    export const pay = "pay";`,
  "src/sim/network.ts": `
    import type { Command } from "../cli/run.ts";
    export const balancesOfLedger = [];
    export class Chatter { #chat_log = 1; }`,
  "src/shell/store.ts": "export const row = `WITH $" + "{1} AS ledger SELECT`;",
  "src/apps/app.ts": `export interface App { readonly name: string }`,
  "src/apps/registry.ts": `
    import { ledger } from "./ledger/mod.ts";
    import { poll } from "./poll/mod.ts";
    export const APPS = [ledger, poll];`,
  "src/apps/ledger/mod.ts": `export { ledger } from "./reduce.ts";`,
  "src/apps/ledger/reduce.ts": `export const ledger = { name: "ledger" };`,
  "src/apps/ledger/names.json": `["ledger", "pay"]`,
  "src/apps/chat/mod.ts": `export const chat = 1;`,
  "src/apps/poll/mod.ts": `import { ledger } from "./builds_on.ts"; export const poll = ledger;`,
  "src/apps/other/mod.ts": `export default { variants: { ledger: { other: "rumor ledger" } } };`,
  "src/apps/poll/builds_on.ts": `export { ledger } from "../ledger/reduce.ts";`,
  "src/core/types.ts": `export type Id = string;`,
  "src/core/stray.ts": `export const a = 1;`,
  "src/core/attic/old.ts": `export const a = 1;`,
  // A circle of three files and two rooms, with an import type and a dynamic import.
  "src/core/log/a.ts": `import type { B } from "./b.ts"; export type A = B;`,
  "src/core/log/b.ts": `export type B = import("../flow/c.ts").C;`,
  "src/core/flow/c.ts": `export type C = 1; export const load = () => import("../log/a.ts");`,
  "src/core/wire/room.ts": `
    type Writable<T> = { -readonly [K in keyof T]: T[K] };
    export class RoomTurn<S, V> {
      readonly slice: Writable<S>;
      constructor(slice: S, readonly view: V) { this.slice = { ...slice }; }
      own<K extends keyof S>(field: K): S[K] { return this.slice[field]; }
    }`,
  "src/core/session/next.ts": `
    export interface Next { set(key: string): Next; delete(key: string): void }`,
  "src/core/session/slice.ts": `
    import type { Next } from "./next.ts";
    interface Deep { readonly at: { readonly x: number } }
    interface Record { readonly a: number; readonly b: number }
    interface Inherited { readonly inherited: number }
    export interface Session extends Inherited {
      readonly assigned: number; readonly added: number; readonly stepped: number;
      readonly deleted?: number; readonly taken: number; readonly deep: Deep;
      readonly pushed: readonly number[]; readonly put: ReadonlyMap<number, number>;
      readonly merged: number; readonly owned: ReadonlyMap<number, number>;
      readonly spread: number; readonly named: number; readonly built: number;
      readonly voided: Next;
      // Not written by anybody.
      readonly read: number; readonly made: Next; readonly seen: number; readonly other: number;
      readonly records: ReadonlyMap<string, readonly (Record | null)[]>;
    }`,
  "src/core/session/open.ts": `
    import type { RoomTurn } from "../wire/room.ts";
    import type { Session } from "./slice.ts";
    declare const other: { other: number };
    export function open(turn: RoomTurn<Session, Pick<Session, "read">>) {
      turn.slice.assigned = turn.slice.read;
      turn.slice.added += 1;
      turn.slice.stepped++;
      delete turn.slice.deleted;
      [turn.slice.taken] = [1];
      (turn.slice.deep.at as { x: number }).x = 2;
      (turn.slice.pushed as number[]).push(1);
      (turn.slice.put as Map<number, number>).set(1, 2);
      turn.slice.voided.delete("a");
      Object.assign(turn.slice, { merged: 1 });
      turn.own("owned");
      turn.slice["inherited"] = 1;
      const next = turn.slice.made.set("a").set("b");
      const list = turn.slice.pushed.slice().sort();
      const view: Pick<Session, "seen"> = { seen: 1 };
      other.other = 1;
      const name = "named";
      return [{ ...turn.slice, spread: 1, [name]: 2 }, next, list, view];
    }
    export function change(slice: Session) {
      const made: typeof slice.records = new Map([["a", [{ a: 1, b: 2 }]]]);
      return [...slice.records.values()].flat().map((record) => ({ ...record!, a: 3 })).concat([]);
    }
    export function build(old: Session): Session {
      const { built, ...rest } = old;
      return Object.freeze<Session>({ ...rest, built: 2 });
    }`,
  "src/core/membership/slice.ts": `
    export interface Membership { readonly spread: number; readonly phase: string }
    interface Inner { readonly a: number }`,
  "src/core/membership/join.ts": `
    import type { Session } from "../session/slice.ts";
    import type { Membership } from "./slice.ts";
    import { shut } from "../host/shut.ts";
    export function join(slice: Membership, view: { readonly session: Session }) {
      shut();
      return [{ ...slice, phase: "a" }, { ...view.session, spread: 3 }];
    }`,
  "src/core/host/shut.ts": `import "../node.ts"; export function shut() {}`,
  "src/core/publish/slice.ts": `export interface A { a: 1 } export interface B { b: 1 }`,
  "src/core/turn/state.ts": `
    import type { Session } from "../session/slice.ts";
    import type { Membership } from "../membership/slice.ts";
    export interface NodeState {
      readonly session: Session; readonly membership: Membership; readonly now_ms: number;
    }
    export function initialState(session: Session): NodeState {
      return { session, membership: { spread: 1, phase: "" }, now_ms: 0 };
    }`,
  "src/core/node.ts": `
    import type { NodeState } from "./turn/state.ts";
    export const reduceNode = (state: NodeState): NodeState =>
      ({ ...state, now_ms: 1, session: state.session });`,
};

async function run(...args: string[]): Promise<{ code: number; out: string; err: string }> {
  const program = ["run", "--check", "-A", "--config", "tools/rooms/config.json", "tools/rooms.ts"];
  const { code, stdout, stderr } = await new Deno.Command(Deno.execPath(), {
    args: [...program, ...args],
    cwd: ROOT,
    env: { NO_COLOR: "1" },
  }).output();
  const [out, err] = [stdout, stderr].map((bytes) => new TextDecoder().decode(bytes));
  return { code, out, err };
}

async function measure(program: Record<string, string>): Promise<Report> {
  const folder = await Deno.makeTempDir();
  try {
    for (const [path, text] of Object.entries(program)) {
      await Deno.mkdir(dirname(`${folder}/${path}`), { recursive: true });
      await Deno.writeTextFile(`${folder}/${path}`, text);
    }
    const { code, out, err } = await run("--json", `--root=${folder}`);
    assertEquals(code, 1, err);
    return JSON.parse(out);
  } finally {
    await Deno.remove(folder, { recursive: true });
  }
}

let measured: Promise<Report> | undefined;
const report = () => measured ??= measure(PROGRAM);

async function places(name: string): Promise<string[]> {
  const found = (await report()).figures.find((figure) => figure.name === name);
  return found!.where.map(({ path, line, what }) => `${path}:${line} ${what}`);
}

async function writersOf(name: string): Promise<Record<string, readonly string[]>> {
  const fields = (await report()).fields.filter(({ field }) => field.startsWith(`${name}.`));
  return Object.fromEntries(fields.map(({ field, writers }) => [field.split(".")[1], writers]));
}

Deno.test("`deno task rooms` finds circles of imports, of types and at run time, too", async () => {
  const { file_cycles, room_cycles } = await report();
  assertEquals(file_cycles, [["src/core/flow/c.ts", "src/core/log/a.ts", "src/core/log/b.ts"]]);
  assertEquals(room_cycles, [
    ["host", "membership", "node.ts", "turn"],
    ["flow", "log"],
  ]);
  assertEquals(await places("circles of imports among files"), [
    "src/core/flow/c.ts:1 imports src/core/log/a.ts",
    "src/core/log/a.ts:1 imports src/core/log/b.ts",
    "src/core/log/b.ts:1 imports src/core/flow/c.ts",
  ]);
});

Deno.test("`deno task rooms` finds imports upward, in the core and between layers", async () => {
  assertEquals(await places("imports upward"), [
    "src/core/host/shut.ts:1 imports src/core/node.ts, but host lies below node.ts",
    "src/core/log/b.ts:1 imports src/core/flow/c.ts, but log lies below flow",
    "src/core/membership/join.ts:4 imports src/core/host/shut.ts, but membership lies below host",
    "src/sim/network.ts:2 imports src/cli/run.ts, but sim lies below cli",
  ]);
});

Deno.test("`deno task rooms` finds folders and files that are in no room of the list", async () => {
  assertEquals(await places("rooms that are not in the list"), [
    "src/core/attic:1 not in tools/room_list.ts",
  ]);
  assertEquals(await places("files beside the rooms"), ["src/core/stray.ts:1 lies in no room"]);
  assertEquals((await places("rooms in src/core")).length, 9);
});

Deno.test("`deno task rooms` counts the fields of slices, inherited ones too", async () => {
  const { rooms } = await report();
  const fields = Object.fromEntries(rooms.map(({ room, fields }) => [room, fields]));
  assertEquals(fields, {
    log: null,
    wire: null,
    session: 20,
    flow: null,
    membership: 2,
    publish: null,
    host: null,
    turn: 1,
    attic: null,
  });
  assertEquals(await places("most fields of one slice"), [
    "src/core/session/slice.ts:1 Session has 20 fields",
  ]);
  assertEquals(await places("slices that no state holds"), [
    "src/core:1 src/core/publish/slice.ts declares nothing that NodeState holds as publish",
  ]);
});

Deno.test("`deno task rooms` finds who writes each field, by types", async () => {
  const own = ["session"];
  assertEquals(await writersOf("Session"), {
    assigned: own,
    added: own,
    stepped: own,
    deleted: own,
    taken: own,
    deep: own,
    pushed: own,
    put: own,
    merged: own,
    owned: own,
    spread: ["membership", "session"],
    named: own,
    built: own,
    voided: own,
    inherited: own,
    read: [],
    made: [],
    seen: [],
    other: [],
    records: [],
  });
  assertEquals(await writersOf("Membership"), {
    spread: ["turn"],
    phase: ["membership", "turn"],
  });
  // The file that declares the state makes its first value.
  assertEquals(await writersOf("NodeState"), { now_ms: ["node.ts"] });
});

Deno.test("`deno task rooms` finds who writes the records in slices", async () => {
  const { records } = await report();
  const path = "src/core/session/slice.ts";
  assertEquals(records.map(({ record, fields, writers }) => [record, fields, writers]), [
    ["Record", 2, ["session"]],
    ["Deep", 1, ["session"]],
    ["Next", 2, []],
  ]);
  assertEquals(records[0].path, path);
});

Deno.test("`deno task rooms` says what one room writes, its own or not", async () => {
  const { rooms } = await report();
  const { writes } = rooms.find(({ room }) => room === "membership")!;
  assertEquals(writes, ["Membership.phase", "Session.spread"]);
});

Deno.test("`deno task rooms` finds the files that name an app that is not theirs", async () => {
  assertEquals(await places("other files that name ledger"), [
    "src/apps/registry.ts:2 names ledger: ledger",
    "src/cli/run.ts:6 names ledger: pay",
    "src/shell/store.ts:1 names ledger: AS ledger SELECT",
    "src/sim/network.ts:3 names ledger: balancesOfLedger",
  ]);
  assertEquals(await places("other files that name chat"), [
    "src/cli/run.ts:5 names chat: chat room",
    "src/sim/network.ts:4 names chat: #chat_log",
  ]);
});

Deno.test("`deno task rooms` refuses a flag that it does not know", async () => {
  const { code, err } = await run("--jsn");
  assertEquals(code, 2);
  assertEquals(
    err.split("\n").at(-2),
    "--jsn is no flag; usage: deno task rooms [--list] [--json] [--root=FOLDER]",
  );
});
