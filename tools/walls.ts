/** Where a file of the project lies, and what it may import from there: nothing but paths. */

import {
  APP_BUILDS_ON,
  APP_CONTRACT,
  APP_DOORS,
  APP_REGISTRY,
  BELOW_TYPES,
  CORE_FILES,
  LAYERS,
  ROOMS,
} from "./room_list.ts";

const CORE = "src/core/";
const APPS = "src/apps/";
const TYPES = `${CORE}types.ts`;

/** The project path that a relative import names, or null for packages and the like. */
export function resolveImport(path: string, specifier: string): string | null {
  if (!specifier.startsWith("./") && !specifier.startsWith("../")) return null;
  return decodeURIComponent(new URL(specifier, `file:///${path}`).pathname.slice(1));
}

/** The room of a file in src/core, or the file's own name where it lies in none; null elsewhere. */
export function roomOf(path: string): string | null {
  return path.startsWith(CORE) ? path.slice(CORE.length).split("/")[0] : null;
}

/** The app whose folder a file lies in, or null. */
export function appOf(path: string): string | null {
  if (!path.startsWith(APPS)) return null;
  const parts = path.slice(APPS.length).split("/");
  return parts.length > 1 ? parts[0] : null;
}

function doorLayer(path: string): string | null {
  const app = appOf(path);
  if (app === null) return null;
  const inside = path.slice(`${APPS}${app}/`.length);
  const door = APP_DOORS.find(([name]) =>
    name.endsWith("/") ? inside.startsWith(name) : inside === name
  );
  return door?.[1] ?? null;
}

/** The layer of a file: the folder in `src`, but for the doors of apps; null outside of the program. */
export function layerOf(path: string): string | null {
  if (path === "main.ts") return "main";
  if (path === APP_REGISTRY || path === APP_CONTRACT) return "cli";
  if (!path.startsWith("src/")) return null;
  return doorLayer(path) ?? path.split("/")[1];
}

/** Whether a file must keep the laws of the core: no clock, no randomness, no promises. */
export function isPure(path: string): boolean {
  return ["core", "tracker", "apps"].includes(layerOf(path) ?? "");
}

/** Who is said to do what a file does: its room, app or layer. */
export function ownerOf(path: string): string {
  const app = appOf(path);
  return roomOf(path) ?? (app === null ? layerOf(path) ?? path : `apps/${app}`);
}

/** How high a place in src/core is; what has no place in the list lies between rooms and state. */
function heightOf(room: string): number {
  const index = ROOMS.findIndex(({ name }) => name === room);
  if (index >= 0) return index;
  return ROOMS.length + 1 + CORE_FILES.indexOf(room as typeof CORE_FILES[number]);
}

/** Why a file in src/core may not import another one, or null where it may. */
function whyNotInCore(path: string, target: string): string | null {
  const [from, to] = [roomOf(path)!, roomOf(target)!];
  if (target === TYPES || from === to) return null;
  if (path === TYPES) {
    return to === BELOW_TYPES ? null : `types.ts lies below all rooms and must not know ${to}`;
  }
  const [low, high] = [heightOf(from), heightOf(to)];
  if (high < low) return null;
  return low < high
    ? `${from} lies below ${to}`
    : `neither ${from} nor ${to} is a room of the list`;
}

/** Why a file may not import another one of the project, or null where it may. */
export function whyNot(path: string, target: string): string | null {
  const [from, to] = [layerOf(path), layerOf(target)];
  if (from === null || to === null) return null;
  if (from === to) return from === "core" ? whyNotInCore(path, target) : null;
  const [low, high] = [from, to].map((layer) => LAYERS.findIndex((row) => row.includes(layer)));
  if (low < 0 || high < 0) return `${low < 0 ? from : to} is in no row of the layers`;
  if (low > high) return null;
  return low < high ? `${from} lies below ${to}` : `${from} lies beside ${to}`;
}

/** Why a file may not import from an app's folder, or null where it may. */
export function whyNotApp(path: string, target: string): string | null {
  const [from, to] = [appOf(path), appOf(target)];
  if (to === null || from === to || path === APP_REGISTRY) return null;
  if (from === null) return `only ${APP_REGISTRY} imports from ${APPS}${to}`;
  const declared = APP_BUILDS_ON.map((name) => `${APPS}${from}/${name}`);
  if (declared.includes(path)) return null;
  return `only ${declared.join(" and ")} import from another app, and so declare it`;
}

/** The packages that pure files may use: they must keep the laws of pure files themselves. */
const PURE_PACKAGES: readonly string[] = ["@std/assert/assert"];

/** Whether every pure file may import a package by this name. */
export function isPurePackage(specifier: string | null): boolean {
  return specifier !== null && PURE_PACKAGES.includes(specifier);
}

/** Whether a pure file outside of src/core may import `target`, null for a package. */
export function isPureImport(path: string, target: string | null): boolean {
  if (target === null) return false;
  if (target.startsWith(CORE)) return true;
  // What an app may know of others is another rule's question.
  return isPure(target) && layerOf(target) === layerOf(path);
}
