// The lint plugin that keeps src/core pure and leaves exiting to main.ts.

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

/** What the rules read of a syntax node; the plugin API's own types differ for every kind. */
interface SyntaxNode {
  type: string;
  range: Deno.lint.Range;
  parent: SyntaxNode;
  [field: string]: unknown;
}

type Visitor = Record<string, (node: SyntaxNode) => void>;

/** The path of a linted file from the project's root, with forward slashes on every system. */
export function projectPath(
  filename: string,
  rootUrl: string = new URL("..", import.meta.url).href,
): string {
  const path = filename.replaceAll("\\", "/");
  const root = decodeURIComponent(new URL(rootUrl).pathname).replace(/^\/(?=[A-Za-z]:)/, "");
  // Windows may spell the drive letter in either case.
  if (path.slice(0, root.length).toLowerCase() === root.toLowerCase()) {
    return path.slice(root.length);
  }
  // Through a symbolic link the roots differ, and then the rules should rather apply than not.
  const at = path.lastIndexOf("/src/");
  return at < 0 ? path : path.slice(at + 1);
}

/** Whether an import in `path`, a project path, stays inside src/core. */
export function staysInCore(path: string, specifier: string): boolean {
  if (!specifier.startsWith("./") && !specifier.startsWith("../")) return false;
  return new URL(specifier, `file:///${path}`).pathname.startsWith(`/${CORE}`);
}

function isSame(a: unknown, b: SyntaxNode): boolean {
  const range = (a as SyntaxNode | null)?.range;
  return range !== undefined && range[0] === b.range[0] && range[1] === b.range[1];
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

/** A rule that looks only at the files under one folder. */
function rule(
  folder: string,
  visitor: (ctx: Deno.lint.RuleContext, path: string) => Visitor,
): Deno.lint.Rule {
  return {
    create(ctx) {
      const path = projectPath(ctx.filename);
      return path.startsWith(folder) ? visitor(ctx, path) as Deno.lint.LintVisitor : {};
    },
  };
}

/** A reporter that names each place once; both halves of a shorthand `{ Date }` are identifiers. */
function reporter(ctx: Deno.lint.RuleContext): (node: SyntaxNode, message: string) => void {
  const seen = new Set<number>();
  return (node, message) => {
    if (seen.has(node.range[0])) return;
    seen.add(node.range[0]);
    ctx.report({ range: node.range, message });
  };
}

const noImpureNames = rule(CORE, (ctx) => {
  const report = reporter(ctx);
  return {
    Identifier(node) {
      const name = node.name as string;
      if (!IMPURE_NAMES.has(name) || isLabel(node)) return;
      report(node, `\`${name}\` is not for src/core: let the event, the env or an effect carry it`);
    },
  };
});

const noMathRandom = rule(CORE, (ctx) => {
  const report = reporter(ctx);
  return {
    Identifier(node) {
      if (node.name !== "Math" || isLabel(node)) return;
      const { type, computed, property } = node.parent;
      const named = type === "MemberExpression" && !computed;
      // An alias or `Math[x]` could hide the generator, so only `Math.name` is let through.
      if (named && (property as SyntaxNode).name !== "random") return;
      report(node, "src/core draws from the seeded generator in its state, never `Math.random`");
    },
  };
});

const noAsync = rule(CORE, (ctx) => {
  const report = reporter(ctx);
  const message = "src/core is synchronous: return an effect and take its answer as an event";
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

const noImportsOutOfCore = rule(CORE, (ctx, path) => {
  const report = reporter(ctx);
  const check = (node: SyntaxNode, source: unknown) => {
    if (source === null || source === undefined) return;
    const specifier = (source as SyntaxNode).value;
    if (typeof specifier === "string" && staysInCore(path, specifier)) return;
    report(node, `src/core imports only from src/core, not ${specifier ?? "a computed name"}`);
  };
  const bySource = (node: SyntaxNode) => check(node, node.source);
  return {
    ImportDeclaration: bySource,
    ExportNamedDeclaration: bySource,
    ExportAllDeclaration: bySource,
    ImportExpression: bySource,
    TSImportType(node) {
      const argument = node.argument as SyntaxNode;
      check(node, argument.literal ?? argument);
    },
    TSExternalModuleReference: (node) => check(node, node.expression),
  };
});

const onlyMainExits = rule("src/", (ctx) => {
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
