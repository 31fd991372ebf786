/** The documents of the project, for tests that read them. */

import { APPS } from "../../src/apps/registry.ts";

/** Where the project is. */
export const ROOT = new URL("../../", import.meta.url);
/** All pages that are read by tests, by their paths: each app has one. */
export const PAGES: readonly string[] = [
  "README.md",
  "docs/guide.md",
  ...APPS.map(({ app }) => appPage(app.name)),
  "docs/data.md",
  "docs/consistency.md",
  "docs/protocol.md",
  ".github/ARCHITECTURE.md",
  ".github/CONTRIBUTING.md",
];

/** The path of an app's own page. */
export function appPage(name: string): string {
  return `docs/${name}.md`;
}

/** The text of a page or any other file of the project. */
export function read(page: string): string {
  return Deno.readTextFileSync(new URL(page, ROOT)).replaceAll("\r\n", "\n");
}

/** The fenced blocks of a page: the words behind the fence, and the lines. */
export function blocks(page: string): { tag: string; lines: string[] }[] {
  const found = read(page).matchAll(/^```(.*)\n([^]*?)^```$/gm);
  return [...found].map(([, tag, text]) => ({ tag, lines: text.split("\n").slice(0, -1) }));
}

/** Everything on a page that is meant literally: blocks, indented lines, and spans of code. */
export function code(page: string): string[] {
  const text = read(page);
  const prose = text.replace(/^```[^]*?^```$/gm, "");
  const spans = [...prose.matchAll(/`([^`]+)`/g)].map(([, span]) => span.replaceAll("\n", " "));
  const indented = [...prose.matchAll(/^ {4}(.*)$/gm)].map(([, line]) => line);
  return [...spans, ...indented, ...blocks(page).flatMap(({ lines }) => lines)];
}

/** What can stand behind the `#` of a link to a page: its headings, as GitHub writes them. */
export function anchors(page: string): string[] {
  const prose = read(page).replace(/^```[^]*?^```$/gm, "");
  return [...prose.matchAll(/^#+ (.*)$/gm)].map(([, heading]) =>
    heading.toLowerCase().replace(/[^\w\- ]/g, "").replaceAll(" ", "-")
  );
}
