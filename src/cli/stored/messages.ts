/** The stored lines of a topic, and their form as CSV. */

import type { StoredReader } from "../../apps/app.ts";
import type { Entry } from "../../core/log/entry.ts";
import type { Id, Topic } from "../../core/types.ts";
import { type Content, contentOf } from "../input/items.ts";
import { itemObjects } from "../output/format.ts";
import { csvRow } from "./csv.ts";

/** One line of another topic. */
interface Message {
  readonly topic: Topic;
  readonly origin: Id;
  readonly seq: number;
  readonly time_ms: number;
  readonly content: Content;
}

const HEADER = "topic,from,seq,time,text,base64\n";

/** What `rumor export` makes of a topic of lines. */
export function messagesIn(topic: Topic): Pick<StoredReader, "export"> {
  return {
    *export(entries, form, shown) {
      if (form === "csv") yield HEADER;
      for (const some of entries) {
        for (const entry of some) {
          if (form === "csv") {
            yield messagesOf(entry).map((line) => messageRow(line, shown)).join("");
          } else {
            const { origin, time_ms, first, items, seq, deps } = entry;
            const record = { topic, origin, time_ms, entry: seq, deps, first, items };
            yield itemObjects({ kind: "items", ...record }, { json: true, shown });
          }
        }
      }
    },
  };
}

/** The lines of an entry. */
function messagesOf({ topic, origin, time_ms, first, items }: Entry): Message[] {
  return items.map((item, index) => {
    return { topic, origin, time_ms, seq: first + index, content: contentOf(item) };
  });
}

/** The row of a line: what is not text stands in the last column. */
function messageRow(message: Message, shown: boolean): string {
  const { topic, origin, seq, time_ms, content } = message;
  const text = "text" in content
    ? content.text
    : "item" in content
    ? JSON.stringify(content.item)
    : "";
  const base64 = "base64" in content ? content.base64 : "";
  return csvRow([topic, origin, seq, new Date(time_ms).toISOString(), text, base64], shown);
}
