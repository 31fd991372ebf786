/**
 * The one list of rooms and layers. The lint plugin `lint_walls.ts` and `deno task rooms` read it, and
 * a test compares it with the table in .github/ARCHITECTURE.md.
 */

/** A folder of src/core that owns one part of what a node knows. */
export interface Room {
  readonly name: string;
  /** What is in it, in one line. */
  readonly holds: string;
}

/** From the ground up: a room imports only from those before it. */
export const ROOMS: readonly Room[] = [
  {
    name: "data",
    holds:
      "what owns nothing: append logs, shared maps, interners, random, addresses, words, limits",
  },
  {
    name: "log",
    holds: "entries, logs, version vector, causal delivery, what waits, retention, forks",
  },
  { name: "wire", holds: "lines of the protocol, their bytes and checks; the turn of a room" },
  { name: "session", holds: "links: greeting, role, heartbeat, goodbye" },
  { name: "flow", holds: "windows and acknowledgements of links, and who is behind" },
  { name: "replication", holds: "what each peer has, what it was sent, what is wanted of it" },
  { name: "repair", holds: "what links over datagrams lose, and when it is sent again" },
  {
    name: "membership",
    holds: "members, SWIM, joining, overlay, neighbours, departures, trackers asked",
  },
  { name: "broadcast", holds: "flood, gossip, Plumtree; repair of gaps" },
  { name: "unicast", holds: "routes, sealed messages to one node, streams" },
  { name: "publish", holds: "own items: drafts, signatures, acknowledgements, requests" },
  { name: "output", holds: "the cursor behind what is printed: history, gaps told, dedup by text" },
  { name: "guests", holds: "sessions of guests, their questions and the streamed answers" },
  { name: "storage", holds: "what is stored before it is shown; restoring; checkpoints" },
  { name: "host", holds: "the apps: what is delivered to each, and what it asks for" },
  {
    name: "turn",
    holds: "one turn of a node: all slices, hand-offs between rooms, lines that come, ticks",
  },
];

/** The room that composes the others: it alone goes through their doors. */
export const COMPOSER = "turn";

/** The only files directly in src/core. `types.ts` lies below all rooms, `node.ts` above. */
export const CORE_FILES = ["types.ts", "node.ts"] as const;

/** The one room that `types.ts` may import from. */
export const BELOW_TYPES = "data";

/** The file of a room that only the composer imports, and the one that declares what the room owns. */
export const DOOR_FILE = "reduce.ts";
export const SLICE_FILE = "slice.ts";

/**
 * The layers of the program, from the ground up: a file imports only from its own layer and from those
 * in rows before it. Two layers in one row do not know each other.
 */
export const LAYERS: readonly (readonly string[])[] = [
  ["core"],
  ["apps", "tracker"],
  ["shell"],
  ["sim", "web"],
  ["cli"],
  ["main"],
];

/**
 * The files of an app's folder that are not pure, or that know more than the core; a name that ends in
 * a slash is a folder. They belong to the layer named beside them.
 */
export const APP_DOORS: readonly (readonly [name: string, layer: string])[] = [
  ["command.ts", "cli"],
  ["commands/", "cli"],
  ["view.ts", "cli"],
  ["view/", "cli"],
  ["mod.ts", "cli"],
  ["worker.ts", "shell"],
  ["worker/", "shell"],
  ["sim.ts", "sim"],
  ["sim/", "sim"],
];

/** Beside the folders of the apps: the contract, and the only file that may name them all. */
export const APP_CONTRACT = "src/apps/app.ts";
export const APP_REGISTRY = "src/apps/registry.ts";

/**
 * The files of an app that import from other apps, and so declare what the app builds on: its pure
 * part, its commands, and what it does in simulations.
 */
export const APP_BUILDS_ON: readonly string[] = [
  "builds_on.ts",
  "commands/builds_on.ts",
  "sim/builds_on.ts",
];
