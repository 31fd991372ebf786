/** Reads the facts of a project. */

import { appFolders, filesNaming } from "./app_names.ts";
import type { Facts } from "./facts.ts";
import { UNNAMED_APPS } from "./figures.ts";
import { importsOf } from "./imports.ts";
import { slicesOf } from "./slices.ts";
import { compile, readSources } from "./sources.ts";
import { writesOf } from "./writes.ts";

/** The names of an app: those in its `names.json`, else that of its folder. */
function namesOf(app: string, rootUrl: URL): string[] {
  const path = `src/apps/${app}/names.json`;
  let text: string;
  try {
    text = Deno.readTextFileSync(new URL(path, rootUrl));
  } catch (error) {
    if (error instanceof Deno.errors.NotFound) return [app];
    throw error;
  }
  const names: unknown = JSON.parse(text);
  if (Array.isArray(names) && names.every((name) => typeof name === "string")) return names;
  throw new Error(`${path} must be an array of texts, such as ["private", "pm"]`);
}

/** Everything that the figures are made of; throws where a file cannot be read. */
export function readFacts(rootUrl: URL): Facts {
  const sources = compile(readSources(rootUrl));
  const imports = importsOf(sources);
  const slices = slicesOf(sources);
  const apps = [...new Set([...UNNAMED_APPS, ...appFolders(sources.paths)])].sort();
  return {
    paths: sources.paths,
    imports,
    slices: slices.slices,
    slice_faults: slices.faults,
    writes: writesOf(sources, slices),
    naming: apps.map((app) => ({
      app,
      places: filesNaming(sources, imports, app, namesOf(app, rootUrl)),
    })),
  };
}
