import { assert, assertEquals } from "@std/assert";
import {
  appOf,
  isPure,
  isPureImport,
  layerOf,
  ownerOf,
  resolveImport,
  roomOf,
  whyNot,
  whyNotApp,
} from "../../../tools/walls.ts";
import { CORE_FILES, LAYERS, ROOMS } from "../../../tools/room_list.ts";

Deno.test("resolveImport() follows the dots, and knows no packages", () => {
  assertEquals(resolveImport("src/core/log/a.ts", "../wire/b.ts"), "src/core/wire/b.ts");
  assertEquals(resolveImport("src/core/log/a.ts", ".././%77ire/b.ts"), "src/core/wire/b.ts");
  for (const name of ["node:fs", "@std/assert", "/src/core/log/a.ts", "https://a.example/b.ts"]) {
    assertEquals(resolveImport("src/core/log/a.ts", name), null);
  }
});

Deno.test("roomOf(), appOf(), layerOf() and ownerOf() say where a file lies", () => {
  const cases: [string, string | null, string | null, string | null, string][] = [
    ["src/core/log/inner/a.ts", "log", null, "core", "log"],
    ["src/core/node.ts", "node.ts", null, "core", "node.ts"],
    ["src/apps/chat/reduce.ts", null, "chat", "apps", "apps/chat"],
    ["src/apps/chat/command.ts", null, "chat", "cli", "apps/chat"],
    ["src/apps/chat/commands/a.ts", null, "chat", "cli", "apps/chat"],
    ["src/apps/chat/commands.ts", null, "chat", "apps", "apps/chat"],
    ["src/apps/chat/sim/users.ts", null, "chat", "sim", "apps/chat"],
    ["src/core/turn/state.ts", "turn", null, "core", "turn"],
    ["src/apps/chat/app.ts", null, "chat", "apps", "apps/chat"],
    ["src/apps/app.ts", null, null, "cli", "cli"],
    ["src/apps/registry.ts", null, null, "cli", "cli"],
    ["src/shell/net/tcp.ts", null, null, "shell", "shell"],
    ["main.ts", null, null, "main", "main"],
    ["tools/rooms.ts", null, null, null, "tools/rooms.ts"],
  ];
  for (const [path, room, app, layer, owner] of cases) {
    const found = [roomOf(path), appOf(path), layerOf(path), ownerOf(path)];
    assertEquals(found, [room, app, layer, owner], path);
  }
});

Deno.test("whyNot() lets each room import from those below it, and from no other", () => {
  const places = [...ROOMS.map(({ name }) => `${name}/a.ts`), "node.ts"];
  for (const [low, below] of places.entries()) {
    for (const [high, above] of places.entries()) {
      const why = whyNot(`src/core/${below}`, `src/core/${above}`);
      assertEquals(why === null, high <= low, `${below} imports ${above}: ${why}`);
    }
    assertEquals(whyNot(`src/core/${below}`, "src/core/types.ts"), null);
    const isData = below === "data/a.ts";
    assertEquals(whyNot("src/core/types.ts", `src/core/${below}`) === null, isData, below);
  }
});

Deno.test("whyNot() lets each layer import from those below it, and not from those beside it", () => {
  const rows = LAYERS.flatMap((row, at) => row.map((layer) => [layer, at] as const));
  const file = (layer: string) => layer === "main" ? "main.ts" : `src/${layer}/a/b.ts`;
  for (const [from, high] of rows) {
    for (const [to, low] of rows) {
      if (from === "core" && to === "core") continue;
      const why = whyNot(file(from), file(to));
      assertEquals(why === null, from === to || low < high, `${from} imports ${to}: ${why}`);
    }
  }
});

Deno.test("whyNot() says where the order does not know a place", () => {
  assertEquals(whyNot("src/core/log/a.ts", "src/core/x/a.ts"), "log lies below x");
  assertEquals(whyNot("src/core/node.ts", "src/core/x/a.ts"), null);
  const neither = "neither y nor x is a room of the list";
  assertEquals(whyNot("src/core/y/a.ts", "src/core/x/a.ts"), neither);
  assertEquals(whyNot("src/x/a.ts", "src/core/log/a.ts"), "x is in no row of the layers");
  assertEquals(whyNot("tests/a.ts", "src/core/log/a.ts"), null);
});

Deno.test("whyNotApp() keeps apps from each other, and from everybody but the registry", () => {
  const chain = "src/apps/chain/reduce.ts";
  for (const path of ["src/apps/chain/a/b.ts", "src/apps/registry.ts"]) {
    assertEquals(whyNotApp(path, chain), null);
  }
  for (const inside of ["", "commands/", "sim/"]) {
    assertEquals(whyNotApp(`src/apps/votes/${inside}builds_on.ts`, chain), null);
  }
  assertEquals(
    whyNotApp("src/apps/votes/reduce.ts", chain),
    "only src/apps/votes/builds_on.ts and src/apps/votes/commands/builds_on.ts and " +
      "src/apps/votes/sim/builds_on.ts import from another app, and so declare it",
  );
  assertEquals(
    whyNotApp("src/cli/run.ts", chain),
    "only src/apps/registry.ts imports from src/apps/chain",
  );
  assertEquals(whyNotApp("src/cli/run.ts", "src/apps/app.ts"), null);
});

Deno.test("isPure() and isPureImport() take apps without their doors, trackers and the core", () => {
  const pure = [
    "src/core/log/a.ts",
    "src/tracker/a.ts",
    "src/apps/chat/app.ts",
    "src/apps/chat/reduce.ts",
  ];
  const impure = [
    "src/apps/chat/command.ts",
    "src/apps/chat/view/a.ts",
    "src/apps/chat/worker/a.ts",
    "src/apps/app.ts",
    "src/apps/registry.ts",
    "src/shell/a.ts",
    "main.ts",
    "tools/rooms.ts",
  ];
  for (const path of pure) assert(isPure(path), path);
  for (const path of impure) {
    assert(!isPure(path), path);
    assert(!isPureImport("src/apps/chat/reduce.ts", path), path);
  }
  assert(isPureImport("src/apps/chat/reduce.ts", "src/apps/chat/app.ts"));
  assert(isPureImport("src/apps/chat/reduce.ts", "src/core/log/a.ts"));
  assert(isPureImport("src/tracker/a.ts", "src/tracker/b.ts"));
  assert(!isPureImport("src/tracker/a.ts", "src/apps/chat/reduce.ts"));
  assert(!isPureImport("src/tracker/a.ts", null));
});

Deno.test("ARCHITECTURE.md shows the rooms of the list, in its order, and the layers", async () => {
  const page = new URL("../../../.github/ARCHITECTURE.md", import.meta.url);
  const text = await Deno.readTextFile(page);
  const section = text.split(/^## /m).find((part) => part.startsWith("Rooms\n")) ?? "";
  // Behind the first table there may be others, of other folders.
  const [table] = section.slice(section.indexOf("| room ")).split("\n\n");
  const rows = [...table.matchAll(/^\| `([^`]+)\/` *\| ([^|]*?) *\|/gm)];
  const shown = rows.map(([, name, holds]) => ({ name, holds }));
  assertEquals(shown, ROOMS.map(({ name, holds }) => ({ name, holds })));
  const order = LAYERS.map((row) => row.join(", ")).join(" < ");
  assert(section.includes(order), `the section Rooms does not say: ${order}`);
  for (const file of CORE_FILES) assert(section.includes(`\`${file}\``), file);
});
