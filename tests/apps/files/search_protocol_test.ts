/** What docs/protocol.md says of searches is what they say. */

import { assert, assertEquals } from "@std/assert";
import { readNews } from "../../../src/apps/files/commands/search_rows.ts";
import {
  type Fields,
  foundItem,
  readFound,
  readSearch,
  searchItem,
} from "../../../src/apps/files/search/messages.ts";
import { readSearchRequest } from "../../../src/apps/files/search/requests.ts";
import type { Json } from "../../../src/core/types.ts";
import { decodeParcel, encodeParcel } from "../../../src/core/unicast/packets.ts";
import { blocks, read } from "../../helpers/pages.ts";

const PAGE = "docs/protocol.md";
const page = read(PAGE);
const section = page.slice(page.indexOf("## Searches"), page.indexOf("## What topics mean"));
const encoder = new TextEncoder();

/** The one message in a block, which is the whole of a parcel. */
function message(tag: string): Fields & Json {
  const [{ lines: [line] }] = blocks(PAGE).filter((block) => block.tag === tag);
  const parcel = decodeParcel(encoder.encode(line))!;
  assertEquals([parcel.app, parcel.items.length], ["files", 1]);
  assertEquals(new TextDecoder().decode(encodeParcel(parcel)), line);
  return parcel.items[0] as Fields & Json;
}

/** The lines of a kind that a guest and its node say about files. */
function lines(kind: string): Record<string, Json>[] {
  const all = blocks(PAGE).filter(({ tag }) => tag === `jsonl ${kind}`)
    .flatMap((block) => block.lines);
  return all.filter((line) => section.includes(line)).map((line) => JSON.parse(line));
}

Deno.test("docs/protocol.md shows a search and its answer as they are sent", () => {
  const search = readSearch(message("text search"))!;
  assertEquals(search.words, [".pdf", "annual report"]);
  assertEquals(searchItem({ ...search, words: ["annual report", ".pdf"] }), message("text search"));
  const found = readFound(message("text found"))!;
  assertEquals([found.origin, found.number], [search.origin, search.number]);
  assertEquals(foundItem(search, found.holder, found.files), message("text found"));
});

Deno.test("docs/protocol.md shows how guests search", () => {
  const [request] = lines("request"), [ask] = lines("ask"), [answer] = lines("answer");
  const wish = readSearchRequest(request.r, { kind: "guest", link: 1, request: 1 });
  assert(typeof wish !== "string", String(wish));
  assertEquals((ask.a as string[])[0], wish.key);
  const news = readNews(answer.r as string[][])!;
  assertEquals([news.state, news.rows.length, news.rows[0].holder_name], ["open", 1, "ben"]);
});
