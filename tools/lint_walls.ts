// The lint plugin that holds the walls between rooms, layers and apps: tools/room_list.ts has them.

import { onForeignWrite } from "./lint/writes.ts";
import { onImport, reporter, rule, type Visitor } from "./lint/syntax.ts";
import { COMPOSER, CORE_FILES, DOOR_FILE, ROOMS } from "./room_list.ts";
import {
  appOf,
  isPure,
  isPureImport,
  isPurePackage,
  layerOf,
  resolveImport,
  roomOf,
  whyNot,
  whyNotApp,
} from "./walls.ts";

const PLACES = new Set<string>([...ROOMS.map(({ name }) => name), ...CORE_FILES]);

const isInProgram = (path: string) => layerOf(path) !== null;
const isInCore = (path: string) => layerOf(path) === "core";

const importsDownward = rule(isInProgram, (ctx, path) => {
  const report = reporter(ctx);
  return onImport((node, specifier) => {
    const target = specifier === null ? null : resolveImport(path, specifier);
    const why = target === null ? null : whyNot(path, target);
    if (why !== null) report(node, `${why}: see the order in tools/room_list.ts`);
  });
});

const filesInRooms = rule(isInCore, (ctx, path): Visitor => {
  const place = roomOf(path)!;
  if (PLACES.has(place)) return {};
  const why = place.endsWith(".ts")
    ? `only ${CORE_FILES.join(", ")} lie directly in src/core: move this file into a room`
    : `${place} is no room: give it a place in tools/room_list.ts`;
  return { Program: (node) => ctx.report({ range: node.range, message: why }) };
});

const composes = (path: string) => roomOf(path) === COMPOSER;

const onlyOneComposes = rule((path) => isInProgram(path) && !composes(path), (ctx, path) => {
  const report = reporter(ctx);
  return onImport((node, specifier) => {
    const target = specifier === null ? null : resolveImport(path, specifier);
    if (target === null || !isInCore(target) || !target.endsWith(`/${DOOR_FILE}`)) return;
    report(node, `only src/core/${COMPOSER} goes through the doors of rooms, ${DOOR_FILE}`);
  });
});

const appsApart = rule(isInProgram, (ctx, path) => {
  const report = reporter(ctx);
  return onImport((node, specifier) => {
    const target = specifier === null ? null : resolveImport(path, specifier);
    const why = target === null ? null : whyNotApp(path, target);
    if (why !== null) report(node, why);
  });
});

const pureImports = rule((path) => isPure(path) && !isInCore(path), (ctx, path) => {
  const report = reporter(ctx);
  return onImport((node, specifier) => {
    const target = specifier === null ? null : resolveImport(path, specifier);
    if (isPureImport(path, target) || isPurePackage(specifier)) return;
    const own = appOf(path) === null ? "its own layer" : "its app";
    const what = specifier ?? "a computed name";
    report(node, `a pure file imports only from src/core and ${own}, not ${what}`);
  });
});

/** The files that are given views and slices: all pure ones, but for the composition. */
const isReducer = (path: string) => isPure(path) && !composes(path);

const noForeignWrites = rule(
  isReducer,
  (ctx, path) => onForeignWrite(reporter(ctx), isInCore(path)),
);

export default {
  name: "walls",
  rules: {
    "imports-downward": importsDownward,
    "files-in-rooms": filesInRooms,
    "only-one-composes": onlyOneComposes,
    "apps-apart": appsApart,
    "pure-imports": pureImports,
    "no-foreign-writes": noForeignWrites,
  },
} satisfies Deno.lint.Plugin;
