import { assert, assertEquals } from "@std/assert";
import { fileURLToPath } from "node:url";
import plugin from "../../../tools/lint_walls.ts";

/** The rules that object to a source when it stands in the given file of the project. */
function broken(path: string, source: string): string[] {
  const filename = fileURLToPath(new URL(`../../../${path}`, import.meta.url));
  const ids = Deno.lint.runPlugin(plugin, filename, source).map(({ id }) => id);
  return [...new Set(ids)];
}

type Snippet = readonly [path: string, source: string];

/** Each rule refuses every bad snippet, and the whole plugin accepts every good one. */
const CASES: Record<string, { bad: readonly Snippet[]; good: readonly Snippet[] }> = {
  "walls/imports-downward": {
    bad: [
      ["src/core/log/log.ts", "import { a } from '../session/link.ts';"],
      ["src/core/log/log.ts", "import type { A } from '../session/link.ts';"],
      ["src/core/log/log.ts", "import { type A } from '../../core/session/link.ts';"],
      ["src/core/log/log.ts", "export * from '../wire/line.ts';"],
      ["src/core/log/log.ts", "export { a } from '../wire/line.ts';"],
      ["src/core/log/log.ts", "let a: import('../wire/line.ts').A;"],
      ["src/core/log/log.ts", "import('../wire/line.ts');"],
      ["src/core/log/inner/log.ts", "import a from '../../wire/line.ts';"],
      ["src/core/log/log.ts", "import type { NodeState } from '../turn/state.ts';"],
      ["src/core/host/host.ts", "import { reduceNode } from '../node.ts';"],
      ["src/core/turn/state.ts", "import { reduceNode } from '../node.ts';"],
      ["src/core/types.ts", "import type { Entry } from './log/entry.ts';"],
      ["src/core/data/random.ts", "import type { A } from '../log/log.ts';"],
      ["src/core/log/log.ts", "import a from '../nowhere/a.ts';"],
      ["src/core/log/log.ts", "import a from '../../apps/app.ts';"],
      ["src/core/node.ts", "import a from '../shell/tcp.ts';"],
      ["src/tracker/tracker.ts", "import a from '../apps/app.ts';"],
      ["src/apps/chat/reduce.ts", "import a from '../../tracker/tracker.ts';"],
      ["src/apps/chat/reduce.ts", "import a from './command.ts';"],
      ["src/apps/chat/reduce.ts", "import type { A } from '../app.ts';"],
      ["src/apps/chat/reduce.ts", "import type { A } from '../registry.ts';"],
      ["src/shell/net/tcp.ts", "import a from '../../sim/wire.ts';"],
      ["src/sim/network.ts", "import a from '../web/page.ts';"],
      ["src/sim/network.ts", "import { REGISTRY } from '../apps/registry.ts';"],
      ["src/cli/run.ts", "import a from '../../main.ts';"],
      ["src/new/run.ts", "import a from '../core/node.ts';"],
    ],
    good: [
      ["src/core/log/log.ts", "import type { Id } from '../types.ts';"],
      ["src/core/log/log.ts", "import a from './entry.ts'; import b from '../data/random.ts';"],
      ["src/core/log/inner/log.ts", "import a from '../log.ts'; export { b } from './b.ts';"],
      ["src/core/types.ts", "import type { Random } from './data/random.ts';"],
      ["src/core/data/address.ts", "import type { Address } from '../types.ts';"],
      ["src/core/turn/state.ts", "import type { Log } from '../log/slice.ts';"],
      ["src/core/node.ts", "import a from './turn/state.ts'; import b from './host/host.ts';"],
      ["src/tracker/tracker.ts", "import a from '../core/wire/line.ts';"],
      ["src/apps/chat/reduce.ts", "import a from '../../core/log/entry.ts';"],
      [
        "src/apps/chat/command.ts",
        "import a from '../../cli/args.ts'; import b from './reduce.ts';",
      ],
      ["src/apps/chat/sim/users.ts", "import a from '../../../sim/network.ts';"],
      ["src/sim/network.ts", "import a from '../shell/wire.ts';"],
      ["src/cli/run.ts", "import a from '../sim/network.ts'; import b from 'node:fs';"],
      ["src/cli/run.ts", "import { REGISTRY } from '../apps/registry.ts';"],
      ["main.ts", "import { run } from './src/cli/run.ts';"],
      ["tests/unit/x_test.ts", "import a from '../../src/core/log/reduce.ts';"],
    ],
  },
  "walls/files-in-rooms": {
    bad: [
      ["src/core/link.ts", "export const a = 1;"],
      ["src/core/state.ts", "export const a = 1;"],
      ["src/core/nowhere/link.ts", "export const a = 1;"],
    ],
    good: [
      ["src/core/node.ts", "export const a = 1;"],
      ["src/core/turn/state.ts", "export const a = 1;"],
      ["src/core/types.ts", "export const a = 1;"],
      ["src/core/flow/inner/window.ts", "export const a = 1;"],
    ],
  },
  "walls/only-one-composes": {
    bad: [
      ["src/core/session/greeting.ts", "import { reduceLog } from '../log/reduce.ts';"],
      ["src/core/log/log.ts", "import { reduceLog } from './reduce.ts';"],
      ["src/core/node.ts", "import type { LogOut } from './log/reduce.ts';"],
      ["src/sim/network.ts", "let a: import('../core/log/reduce.ts').A;"],
    ],
    good: [
      ["src/core/turn/outs.ts", "import { reduceLog } from '../log/reduce.ts';"],
      ["src/core/session/greeting.ts", "import { a } from '../log/slice.ts';"],
      ["src/apps/chat/mod.ts", "import { reduceChat } from './reduce.ts';"],
    ],
  },
  "walls/apps-apart": {
    bad: [
      ["src/apps/votes/reduce.ts", "import a from '../chain/reduce.ts';"],
      ["src/apps/votes/command.ts", "import type { A } from '../chain/reduce.ts';"],
      ["src/apps/votes/inner/builds_on.ts", "import a from '../../chain/reduce.ts';"],
      ["src/apps/app.ts", "import type { A } from './chain/reduce.ts';"],
      ["src/cli/run.ts", "import a from '../apps/chain/command.ts';"],
      ["src/sim/network.ts", "export * from '../apps/chain/reduce.ts';"],
      ["src/shell/store.ts", "let a: import('../apps/ledger/reduce.ts').A;"],
      ["main.ts", "import a from './src/apps/chat/mod.ts';"],
    ],
    good: [
      ["src/apps/votes/builds_on.ts", "export { a } from '../chain/reduce.ts';"],
      [
        "src/apps/votes/reduce.ts",
        "import a from './builds_on.ts'; import b from '../../core/host/app.ts';",
      ],
      ["src/apps/votes/mod.ts", "import a from './reduce.ts'; import type { B } from '../app.ts';"],
      ["src/apps/registry.ts", "import a from './chat/mod.ts'; import b from './chain/mod.ts';"],
      ["src/cli/run.ts", "import a from '../apps/app.ts';"],
    ],
  },
  "walls/pure-imports": {
    bad: [
      ["src/apps/chat/reduce.ts", "import a from 'node:fs';"],
      ["src/apps/chat/reduce.ts", "import(x);"],
      ["src/apps/chat/reduce.ts", "import a from '../../shell/tcp.ts';"],
      ["src/apps/chat/reduce.ts", "import type { A } from '../app.ts';"],
      ["src/apps/chat/reduce.ts", "import { assert } from '@std/assert';"],
      ["src/tracker/roster.ts", "import a from '../shell/tcp.ts';"],
      ["src/tracker/roster.ts", "import a from 'npm:string-width';"],
    ],
    good: [
      [
        "src/apps/chat/text/form.ts",
        "import a from '../reduce.ts'; import b from '../../../core/host/app.ts';",
      ],
      ["src/apps/chat/reduce.ts", "import { assert } from '@std/assert/assert';"],
      ["src/apps/chat/view.ts", "import a from 'node:fs'; import b from '../../cli/table.ts';"],
      ["src/apps/app.ts", "import type { A } from '../cli/output/line.ts';"],
      ["src/tracker/roster.ts", "import a from './links.ts'; import b from '../core/types.ts';"],
    ],
  },
};

for (const [id, { bad, good }] of Object.entries(CASES)) {
  Deno.test(`${id} refuses what breaks it`, () => {
    for (const [path, source] of bad) {
      assert(broken(path, source).includes(id), `not refused: ${path}: ${source}`);
    }
  });
  Deno.test(`${id} accepts what keeps it`, () => {
    for (const [path, source] of good) assertEquals(broken(path, source), [], `${path}: ${source}`);
  });
}

const WRITES = "walls/no-foreign-writes";

Deno.test(`${WRITES} refuses what is reached through a view, in rooms and apps`, () => {
  const bad = [
    "turn.view.phase = 'done';",
    "this.turn.view.phase ??= 'done';",
    "turn['view'].phase = 'done';",
    "view.count += 1;",
    "view.count++;",
    "--view.log.heads[0];",
    "delete view.links[3];",
    "[turn.view.a] = [1];",
    "({ a: turn.view.a } = b);",
    "[...view.list[0]] = b;",
    "for (view.at of list) f();",
    "view.links.set(1, link);",
    "view.links!.delete(1);",
    "(view.links as Map<number, Link>).clear();",
    "view?.list.push(1);",
    "const last = view.list.sort()[0];",
    "view.links.get(1)!.bytes = 3;",
    "(view.list ?? []).push(1);",
    "(a ? b : view.list).push(1);",
    "Object.assign(view.config, { a: 1 });",
    "Object.defineProperty(turn.view, 'a', b);",
    "Reflect.set(view.config, 'a', 1);",
    // Under another name.
    "const links = turn.view.links; links.set(1, link);",
    "const links = turn.view.links as Map<number, Link>; { f(() => { links.clear(); }); }",
    "const { links } = turn.view; links.set(1, link);",
    "const { view: { links } } = turn; links.set(1, link);",
    "const { view: seen } = turn; seen.links.set(1, link);",
    "for (const link of view.links.values()) link.bytes = 1;",
    "for (const [id, link] of view.links) { link.bytes = id; }",
    "function f({ view }: Turn) { view.a = 1; }",
    "const f = ({ view: { links } }: Turn) => { links.clear(); };",
    "class T { constructor(private readonly view: View) { view.a = 1; } }",
    // What a signature promises.
    "function f(list: readonly number[]) { (list as number[]).push(1); }",
    "function f(links: ReadonlyMap<number, Link>) { (links as Map<number, Link>).clear(); }",
    "const f = (seen: ReadonlySet<number> = none) => { (seen as Set<number>).add(1); };",
    "function f(link: Readonly<Link>) { (link as Link).bytes = 1; }",
    "function f(list: ReadonlyArray<Link>) { for (const link of list) link.bytes = 1; }",
  ];
  for (const source of bad) {
    assertEquals(broken("src/core/session/x.ts", source), [WRITES], source);
    assertEquals(broken("src/apps/chat/x.ts", source), [WRITES], source);
    assertEquals(broken("src/core/node.ts", source), [WRITES], source);
    assertEquals(broken("src/core/turn/x.ts", source), [], source);
    assertEquals(broken("src/apps/chat/command.ts", source), [], source);
    assertEquals(broken("src/shell/x.ts", source), [], source);
  }
});

Deno.test(`${WRITES} refuses writes to the state of the whole node, in rooms`, () => {
  const bad = [
    "turn.state.log = log;",
    "turn.state = next;",
    "this.turn.state.links.set(1, link);",
    "roomTurn.state.a.b++;",
    "state.session = next;",
    "state.session.links.set(1, link);",
    "const { state } = turn; state.membership.dialling.delete(a);",
    "const state = turn.state; state.phase = 'done';",
  ];
  for (const source of bad) {
    assertEquals(broken("src/core/session/x.ts", source), [WRITES], source);
    assertEquals(broken("src/core/node.ts", source), [WRITES], source);
    assertEquals(broken("src/core/turn/x.ts", source), [], source);
    // A tracker and an app have states of their own.
    assertEquals(broken("src/tracker/x.ts", source), [], source);
    assertEquals(broken("src/apps/chat/x.ts", source), [], source);
  }
});

Deno.test(`${WRITES} accepts a room's own slice, and copies`, () => {
  const good = [
    "turn.slice.phase = 'done';",
    "turn.slice = { ...turn.slice, links };",
    "turn.slice.links.set(1, turn.view.link);",
    "const { slice, view } = turn; slice.at = view.at;",
    "class T { constructor(view: View) { this.view = view; } }",
    "let at = view.at; at += 1; at++;",
    "const links = new Map(view.links); links.set(1, link);",
    "const list = [...view.list]; list.push(1);",
    "const list = view.list.slice(); list.sort();",
    "view.list.filter(f).sort();",
    "const sorted = view.list.toSorted();",
    "const link = { ...view.links.get(1)!, bytes: 1 }; link.bytes = 2;",
    // The next version of a persistent map.
    "const heads = view.heads.set('a', 1).delete('b');",
    "const view = makeView(); view.a = 1;",
    "function f(view: View) { const links = new Map(); { links.set(1, view); } }",
    "function f(links: Map<number, Link>) { links.set(1, link); }",
    "function f(list: readonly Link[]) { const found = [1]; found.push(list.length); }",
    // The inner name is another one.
    "const list = view.list; function f() { const list = [1]; list.push(2); }",
    "function f(list: readonly Link[]) { return (list: Link[]) => { list.push(a); }; }",
    "const next = { ...state, at: 1 }; next.at = 2;",
    "state.count = 1;",
    "switch (a) { case 1: { const list = [view.list]; list.push(b); } }",
  ];
  for (const source of good) {
    assertEquals(broken("src/core/session/x.ts", source), [], source);
    assertEquals(broken("src/apps/chat/x.ts", source), [], source);
  }
});
