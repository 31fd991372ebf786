/** Which file imports which: values and types, `export from`, dynamic imports and import types. */

import ts from "typescript";
import { resolveImport } from "../walls.ts";
import type { Import } from "./facts.ts";
import { placeOf, type Sources, walk } from "./sources.ts";

function specifierOf(node: ts.Node): ts.Node | undefined {
  if (ts.isImportDeclaration(node) || ts.isExportDeclaration(node)) return node.moduleSpecifier;
  if (ts.isExternalModuleReference(node)) return node.expression;
  if (ts.isImportTypeNode(node)) {
    return ts.isLiteralTypeNode(node.argument) ? node.argument.literal : undefined;
  }
  const imports = ts.isCallExpression(node) && node.expression.kind === ts.SyntaxKind.ImportKeyword;
  return imports ? node.arguments[0] : undefined;
}

/** All imports between the files, in order of path and line. */
export function importsOf(sources: Sources): Import[] {
  const known = new Set(sources.paths);
  const found: Import[] = [];
  for (const path of sources.paths) {
    walk(sources.tree(path), (node) => {
      const specifier = specifierOf(node);
      if (specifier === undefined || !ts.isStringLiteralLike(specifier)) return;
      const target = resolveImport(path, specifier.text);
      if (target === null || !known.has(target)) return;
      found.push({ place: placeOf(path, specifier, `imports ${target}`), target });
    });
  }
  return found;
}
