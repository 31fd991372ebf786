/** What happened in a run, one line for each thing, in the words of the golden scripts. */

import type { Effect, Event, Json, Printed } from "../../core/types.ts";
import type { Carried } from "../cables.ts";
import type { SimNode } from "../sim_node.ts";

const decoder = new TextDecoder();
const TEXT_MAX = 60;

/** Shortens an id to the name of its node. */
export type NameOf = (id: string) => string;

/** A line on its way; null where it only says that somebody lives. */
export function traceCarried(
  from: string,
  to: string,
  carried: Carried,
  nameOf: NameOf,
): string | null {
  if (carried.kind !== "line") return `${from}->${to} ${carried.kind}`;
  const text = decoder.decode(carried.bytes);
  if (/^\{"k":"p[io]ng"/.test(text)) return null;
  try {
    return `${from}->${to} ${describe(JSON.parse(text), nameOf)}`;
  } catch {
    return `${from}->${to} junk ${shorten(text)}`;
  }
}

/** What a node did at an event, besides sending. */
export function traceReduced(
  node: SimNode,
  event: Event,
  effects: readonly Effect[],
  nameOf: NameOf,
): string[] {
  const { name } = node, lines: string[] = [];
  if (event.kind === "dial_failed") lines.push(`${name} cannot dial ${event.address}`);
  if (event.kind === "publish") {
    lines.push(`${name} publishes ${shorten(JSON.stringify(event.items))}`);
  }
  for (const effect of effects) {
    if (effect.kind === "dial") lines.push(`${name} dials ${effect.address}`);
    if (effect.kind === "persist") lines.push(`${name} stores ${effect.batch.entries.length}`);
    if (effect.kind === "renew") lines.push(`${name} makes a new key`);
    if (effect.kind === "notice") {
      lines.push(`${name} says ${shorten(rename(JSON.stringify(effect.notice), nameOf))}`);
    }
    if (effect.kind === "done") lines.push(`${name} is done, acknowledged ${effect.acknowledged}`);
    if (effect.kind !== "print") continue;
    for (const record of effect.records) lines.push(`${name} prints ${print(record, nameOf)}`);
  }
  return lines;
}

// deno-lint-ignore no-explicit-any -- what is carried may be anything
function describe(line: any, nameOf: NameOf): string {
  if (line.k === undefined) {
    const deps = Object.entries(line.d).map(([id, seq]) => `${nameOf(id)}#${seq}`);
    const after = deps.length > 0 ? ` after ${deps.join(" ")}` : "";
    const items = rename(JSON.stringify(line.b.map(withoutBox)), nameOf);
    return `entry ${nameOf(line.o)}/${line.t}#${line.s}${after} ${shorten(items)}`;
  }
  if (line.k === "hello") return line.guest ? "hello guest" : `hello ${nameOf(line.id)}`;
  if (line.k === "proof") return "proof";
  if (line.k === "bye") return `bye ${line.code}`;
  if (line.k !== "have") return shorten(rename(JSON.stringify(line), nameOf));
  // deno-lint-ignore no-explicit-any -- as above
  const logs = Object.entries<any>(line.c).flatMap(([id, topics]) =>
    Object.entries(topics).map(([topic, seq]) => `${nameOf(id)}/${topic}:${seq}`)
  );
  return ["have", ...logs, ...(line.n === undefined ? [] : [`n=${line.n}`])].join(" ");
}

function print(record: Printed, nameOf: NameOf): string {
  if (record.kind === "items") {
    const { origin, topic, entry } = record;
    return `${nameOf(origin)}/${topic}#${entry} ${shorten(JSON.stringify(record.items))}`;
  }
  return shorten(rename(JSON.stringify(record), nameOf));
}

function withoutBox(item: Json): Json {
  if (typeof item !== "object" || item === null || Array.isArray(item)) return item;
  const { box: _, ...rest } = item as Record<string, Json>;
  return rest;
}

/** Puts names in the place of ids. */
function rename(text: string, nameOf: NameOf): string {
  return text.replace(/[A-Za-z0-9_-]{43}/g, nameOf);
}

function shorten(text: string): string {
  return text.length <= 3 * TEXT_MAX ? text : `${text.slice(0, 3 * TEXT_MAX)}...`;
}
