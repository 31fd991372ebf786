/** The stored lines of a topic, and their form as CSV. */

import type { Entry } from "../../core/log/entry.ts";
import type { Id, Topic } from "../../core/types.ts";
import { type Content, contentOf } from "../input/items.ts";
import { csvRow } from "./csv.ts";

/** One line of another topic. */
export interface Message {
  readonly topic: Topic;
  readonly origin: Id;
  readonly seq: number;
  readonly time_ms: number;
  readonly content: Content;
}

export const MESSAGES_HEADER = "topic,from,seq,time,text,base64\n";

/** The lines of an entry. */
export function messagesOf({ topic, origin, time_ms, first, items }: Entry): Message[] {
  return items.map((item, index) => {
    return { topic, origin, time_ms, seq: first + index, content: contentOf(item) };
  });
}

/** The row of a line: what is not text stands in the last column. */
export function messageRow(message: Message, shown: boolean): string {
  const { topic, origin, seq, time_ms, content } = message;
  const text = "text" in content
    ? content.text
    : "item" in content
    ? JSON.stringify(content.item)
    : "";
  const base64 = "base64" in content ? content.base64 : "";
  return csvRow([topic, origin, seq, new Date(time_ms).toISOString(), text, base64], shown);
}
