/** Where links of the documents lead, and that no app is without its page. */

import { assert } from "@std/assert";
import { APPS } from "../../../src/apps/registry.ts";
import { anchors, appPage, code, PAGES, read, ROOT } from "../../helpers/pages.ts";

for (const page of PAGES) {
  Deno.test(`${page} links to files that there are`, () => {
    for (const [, target] of read(page).matchAll(/\]\((?!https?:)([^)#]*)(?:#[^)]*)?\)/g)) {
      if (target !== "") Deno.statSync(new URL(target, new URL(page, ROOT)));
    }
  });

  Deno.test(`${page} links to headings that there are`, () => {
    for (const [, target, anchor] of read(page).matchAll(/\]\((?!https?:)([^)#]*)#([^)]*)\)/g)) {
      const url = target === "" ? new URL(page, ROOT) : new URL(target, new URL(page, ROOT));
      assert(anchors(url.href.slice(ROOT.href.length)).includes(anchor), `${target}#${anchor}`);
    }
  });
}

Deno.test("each app has a page, which README.md links to and which names all that it brings", () => {
  for (const { app, commands, slash = [], experiments = {}, exports } of APPS) {
    const page = appPage(app.name);
    assert(read("README.md").includes(`](${page})`), `README.md has no link to ${page}`);
    const words = [
      ...Object.keys(commands).map((name) => `rumor ${name}`),
      ...Object.keys(experiments).map((name) => `rumor sim ${name}`),
      ...slash.map(({ name }) => `/${name} `),
      ...(exports?.forms ?? []).map((form) => `--format ${form}`),
    ];
    const said = code(page).join("\n");
    for (const word of words) assert(said.includes(word), `${page} does not name ${word}`);
  }
});
