// The lint plugin that keeps src/core, trackers and apps pure, and leaves exiting to main.ts.

import { isSame, onImport, projectPath, reporter, rule, type SyntaxNode } from "./lint/syntax.ts";
import { isPure, isPurePackage } from "./walls.ts";

export { projectPath };

const CORE = "src/core/";

const IMPURE_NAMES = new Set([
  "Deno",
  "Date",
  "Temporal",
  "performance",
  "crypto",
  "setTimeout",
  "setInterval",
  "setImmediate",
  "queueMicrotask",
  "console",
  "fetch",
  "process",
  "WebSocket",
  "Worker",
  // These reach every other name on the list.
  "globalThis",
  "window",
  "global",
  "eval",
]);

const ASYNC_NAMES = new Set(["Promise", "PromiseLike", "AsyncIterable", "AsyncGenerator"]);

/** Whether an import in `path`, a project path, stays inside src/core. */
export function staysInCore(path: string, specifier: string): boolean {
  if (!specifier.startsWith("./") && !specifier.startsWith("../")) return false;
  return new URL(specifier, `file:///${path}`).pathname.startsWith(`/${CORE}`);
}

/** Whether an identifier only labels something, as in `x.Date` or `{ Date: 1 }`. */
function isLabel(node: SyntaxNode): boolean {
  const parent = node.parent;
  switch (parent.type) {
    case "MemberExpression":
      return !parent.computed && isSame(parent.property, node);
    case "TSQualifiedName":
      return isSame(parent.right, node);
    case "TSEnumMember":
      return isSame(parent.id, node);
    case "ImportSpecifier":
      return isSame(parent.imported, node) && !isSame(parent.local, node);
    case "ExportSpecifier":
      return isSame(parent.exported, node) && !isSame(parent.local, node);
    default:
      return !parent.computed && !parent.shorthand && isSame(parent.key, node);
  }
}

const noImpureNames = rule(isPure, (ctx) => {
  const report = reporter(ctx);
  return {
    Identifier(node) {
      const name = node.name as string;
      if (!IMPURE_NAMES.has(name) || isLabel(node)) return;
      report(
        node,
        `\`${name}\` is not for pure files: let the event, the env or an effect carry it`,
      );
    },
  };
});

const noMathRandom = rule(isPure, (ctx) => {
  const report = reporter(ctx);
  return {
    Identifier(node) {
      if (node.name !== "Math" || isLabel(node)) return;
      const { type, computed, property } = node.parent;
      const named = type === "MemberExpression" && !computed;
      // An alias or `Math[x]` could hide the generator, so only `Math.name` is let through.
      if (named && (property as SyntaxNode).name !== "random") return;
      report(node, "pure files draw from the seeded generator in the state, never `Math.random`");
    },
  };
});

const noAsync = rule(isPure, (ctx) => {
  const report = reporter(ctx);
  const message = "pure files are synchronous: return an effect and take its answer as an event";
  const ifAsync = (node: SyntaxNode) => {
    if (node.async) report(node, message);
  };
  return {
    FunctionDeclaration: ifAsync,
    FunctionExpression: ifAsync,
    ArrowFunctionExpression: ifAsync,
    AwaitExpression: (node) => report(node, message),
    ForOfStatement(node) {
      if (node.await) report(node, message);
    },
    VariableDeclaration(node) {
      if (node.kind === "await using") report(node, message);
    },
    Identifier(node) {
      if (ASYNC_NAMES.has(node.name as string) && !isLabel(node)) report(node, message);
    },
  };
});

const noImportsOutOfCore = rule((path) => path.startsWith(CORE), (ctx, path) => {
  const report = reporter(ctx);
  return onImport((node, specifier) => {
    if (specifier !== null && staysInCore(path, specifier)) return;
    if (isPurePackage(specifier)) return;
    report(node, `src/core imports only from src/core, not ${specifier ?? "a computed name"}`);
  });
});

const onlyMainExits = rule((path) => path.startsWith("src/"), (ctx) => {
  const report = reporter(ctx);
  const message = "only main.ts exits: return a result that carries the exit code";
  const hosts = new Set<unknown>(["Deno", "process"]);
  const nameOf = (node: unknown): unknown => {
    const { type, name, value, property } = node as SyntaxNode;
    return type === "MemberExpression" ? (property as SyntaxNode).name : name ?? value;
  };
  return {
    MemberExpression(node) {
      if (hosts.has(nameOf(node.object)) && nameOf(node.property) === "exit") report(node, message);
    },
    VariableDeclarator(node) {
      const pattern = node.id as SyntaxNode;
      if (!node.init || !hosts.has(nameOf(node.init)) || pattern.type !== "ObjectPattern") return;
      for (const property of pattern.properties as SyntaxNode[]) {
        if (property.key && nameOf(property.key) === "exit") report(property, message);
      }
    },
    ImportSpecifier(node) {
      const source = (node.parent.source as SyntaxNode).value as string;
      if (/^(node:)?process$/.test(source) && nameOf(node.imported) === "exit") {
        report(node, message);
      }
    },
  };
});

export default {
  name: "rumor",
  rules: {
    "no-impure-names": noImpureNames,
    "no-math-random": noMathRandom,
    "no-async": noAsync,
    "no-imports-out-of-core": noImportsOutOfCore,
    "only-main-exits": onlyMainExits,
  },
} satisfies Deno.lint.Plugin;
