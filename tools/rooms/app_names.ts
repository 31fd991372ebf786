/**
 * Which files name an app in code: in identifiers, texts and import paths, not in comments. A name is
 * found as a whole word, also as a part of a longer name: `ledger` is in `balancesOfLedger`, in
 * `"the ledger's end"` and in `./ledger/mod.ts`, but not in `ledgers`.
 */

import ts from "typescript";
import { APP_BUILDS_ON, APP_REGISTRY } from "../room_list.ts";
import { appOf } from "../walls.ts";
import type { Import, Place } from "./facts.ts";
import { placeOf, type Sources, walk } from "./sources.ts";
import { names } from "./words.ts";

/** The apps that there are: the folders in src/apps, sorted. */
export function appFolders(paths: readonly string[]): string[] {
  return [...new Set(paths.map(appOf).filter((app) => app !== null))].sort();
}

/** The apps that declare that they build on one, by importing it in their `builds_on.ts`. */
function builtOn(imports: readonly Import[], app: string): Set<string> {
  const declared = imports.filter(({ place, target }) =>
    APP_BUILDS_ON.some((name) => place.path.endsWith(`/${name}`)) && appOf(target) === app
  );
  return new Set(declared.map(({ place }) => appOf(place.path) ?? ""));
}

/** The apps that make another command of one that has an app's name, by a switch: its `variants`. */
function variantsOf(sources: Sources, app: string): string[] {
  const found: string[] = [];
  for (const path of sources.paths.filter((path) => appOf(path) !== null)) {
    walk(sources.tree(path), (node) => {
      if (!ts.isPropertyAssignment(node) || node.name.getText() !== "variants") return;
      if (!ts.isObjectLiteralExpression(node.initializer)) return;
      const keys = node.initializer.properties.map((one: ts.ObjectLiteralElementLike) =>
        one.name?.getText()
      );
      if (keys.includes(app)) found.push(appOf(path)!);
    });
  }
  return found;
}

/** Texts of the source that are no comments. */
function textOf(node: ts.Node): string | null {
  const isText = ts.isIdentifier(node) || ts.isPrivateIdentifier(node) ||
    ts.isStringLiteralLike(node) || ts.isTemplateMiddleOrTemplateTail(node) ||
    ts.isTemplateHead(node) || ts.isRegularExpressionLiteral(node);
  return isText ? node.text : null;
}

/**
 * The places outside of an app's folder that name it by one of its names, the first in each file.
 * Apps that build on it, or make a variant of its command, may name it, and are left out.
 */
export function filesNaming(
  sources: Sources,
  imports: readonly Import[],
  app: string,
  appNames: readonly string[] = [app],
): Place[] {
  const mayName = new Set([app, ...builtOn(imports, app), ...variantsOf(sources, app)]);
  return sources.paths.flatMap((path) => {
    if (path !== APP_REGISTRY && mayName.has(appOf(path) ?? "")) return [];
    const found: Place[] = [];
    walk(sources.tree(path), (node) => {
      if (found.length > 0) return;
      const text = textOf(node);
      if (text === null || !appNames.some((name) => names(text, name))) return;
      found.push(placeOf(path, node, `names ${app}: ${text.trim().split("\n")[0].slice(0, 60)}`));
    });
    return found;
  });
}
