/** What the lint plugins share: paths, syntax nodes, and rules for some of the files. */

/** What the rules read of a syntax node; the plugin API's own types differ for every kind. */
export interface SyntaxNode {
  type: string;
  range: Deno.lint.Range;
  parent: SyntaxNode;
  [field: string]: unknown;
}

export type Visitor = Record<string, (node: SyntaxNode) => void>;

/** Complains about a place. */
export type Report = (node: SyntaxNode, message: string) => void;

/** The path of a linted file from the project's root, with forward slashes on every system. */
export function projectPath(
  filename: string,
  rootUrl: string = new URL("../..", import.meta.url).href,
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

/** Whether two values are the same syntax node. */
export function isSame(a: unknown, b: SyntaxNode): boolean {
  const range = (a as SyntaxNode | null)?.range;
  return range !== undefined && range[0] === b.range[0] && range[1] === b.range[1];
}

/** A rule that looks only at some files of the project. */
export function rule(
  applies: (path: string) => boolean,
  visitor: (ctx: Deno.lint.RuleContext, path: string) => Visitor,
): Deno.lint.Rule {
  return {
    create(ctx) {
      const path = projectPath(ctx.filename);
      return applies(path) ? visitor(ctx, path) as Deno.lint.LintVisitor : {};
    },
  };
}

/** A reporter that names each place once; both halves of a shorthand `{ Date }` are identifiers. */
export function reporter(ctx: Deno.lint.RuleContext): Report {
  const seen = new Set<number>();
  return (node, message) => {
    if (seen.has(node.range[0])) return;
    seen.add(node.range[0]);
    ctx.report({ range: node.range, message });
  };
}

/**
 * Visits everything that names another file: imports of values and types, `export from`, dynamic
 * imports and import types. The name is null where it is computed.
 */
export function onImport(check: (node: SyntaxNode, specifier: string | null) => void): Visitor {
  const visit = (node: SyntaxNode, source: unknown) => {
    if (source === null || source === undefined) return;
    const { value } = source as SyntaxNode;
    check(node, typeof value === "string" ? value : null);
  };
  const bySource = (node: SyntaxNode) => visit(node, node.source);
  return {
    ImportDeclaration: bySource,
    ExportNamedDeclaration: bySource,
    ExportAllDeclaration: bySource,
    ImportExpression: bySource,
    TSImportType(node) {
      const argument = node.argument as SyntaxNode;
      visit(node, argument.literal ?? argument);
    },
    TSExternalModuleReference: (node) => visit(node, node.expression),
  };
}
