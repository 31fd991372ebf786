/** From the input to the node: lines of a pipe, or what is typed at a prompt, published in order. */

import type { Json } from "../../core/types.ts";
import type { Runtime } from "../../shell/node/runtime.ts";
import { isFault, type ReadLine, textItem } from "../input/items.ts";
import { type Complain, readLines } from "../input/lines.ts";
import type { Terminal } from "../prompt/mod.ts";
import type { HandsTo, NodeApp, PromptApp, Tell } from "./app.ts";

/** What reading the input needs of the session. */
export interface InputDesk {
  readonly app: NodeApp;
  readonly runtime: Runtime;
  /** Says what is wrong with the input, which makes the run a failure. */
  readonly complain: Tell;
  readonly tell: Tell;
  /** Hands an item of a line to an app; resolves when more may be handed over. */
  readonly hand: (to: HandsTo, item: Json, number: number) => Promise<void>;
}

/** What reading at a prompt needs besides. */
export interface TypedDesk extends InputDesk {
  readonly terminal: Terminal;
  /** What lines mean besides; without it, the same as in a pipe. */
  readonly prompt: PromptApp | undefined;
  /** Shows lines above the prompt, all at once. */
  readonly tellAll: (lines: readonly string[]) => void;
  /** Wants something of an app, because of a line. */
  readonly request: (app: string, request: Json, number: number) => void;
  /** How long something may take that others must acknowledge. */
  readonly patience_ms: number;
  /** Leaves as after the last line. */
  readonly quit: () => void;
  /** Ctrl-C, which is a key like others here. */
  readonly interrupt: () => void;
}

/** Publishes the lines of a pipe; resolves at its end, rejects where it cannot be read. */
export async function publishPipe(desk: InputDesk): Promise<void> {
  const { app, runtime, complain, tell } = desk;
  const refuse = (number: number, why: string) => complain(`line ${number}: ${why}`);
  const read = (buffer: Uint8Array) => Deno.stdin.read(buffer);
  for await (const { items, first } of readLines(read, app.encoding, refuse)) {
    await runtime.inputOpen();
    if (app.readLine === undefined) runtime.publish(app.topic, items, first);
    else if (app.hands_to !== undefined) await handRead(desk, app.hands_to, items, first);
    else publishRead({ app, runtime, complain: refuse, tell }, app.readLine, items, first);
  }
}

/** Hands what is made of lines to an app. */
async function handRead(
  { app, runtime, complain, tell, hand }: InputDesk,
  to: HandsTo,
  raws: readonly Json[],
  first: number,
): Promise<void> {
  for (const [index, raw] of raws.entries()) {
    const number = first + index;
    const item = typeof raw === "string" ? app.readLine!(raw, runtime.state, tell) : raw;
    if (isFault(item)) complain(`line ${number}: ${item.fault}`);
    else if (item !== undefined) await hand(to, item, number);
  }
}

/** Publishes what the app makes of lines. */
function publishRead(
  { app, runtime, complain, tell }: Omit<InputDesk, "complain" | "hand"> & {
    readonly complain: Complain;
  },
  readLine: NonNullable<NodeApp["readLine"]>,
  raws: readonly Json[],
  first: number,
): void {
  let items: Json[] = [];
  // Numbers must run on within one publish, so that a refusal names the right line.
  const flush = (end: number) => {
    if (items.length > 0) runtime.publish(app.topic, items, end - items.length);
    items = [];
  };
  for (const [index, raw] of raws.entries()) {
    const number = first + index;
    const item = typeof raw === "string" ? readLine(raw, runtime.state, tell) : raw;
    // Complaints come in the order of the lines, so what is before this one goes first.
    if (item === undefined || isFault(item)) flush(number);
    if (isFault(item)) complain(number, item.fault);
    else if (item !== undefined) items.push(item);
  }
  flush(first + raws.length);
}

/** Publishes what is typed; resolves when that is over, with whether it came to its end (Ctrl-D). */
export async function publishTyped(desk: TypedDesk): Promise<boolean> {
  const { app, runtime, complain } = desk;
  let number = 0;
  for await (const event of desk.terminal.lines()) {
    if (event.kind === "interrupt") desk.interrupt();
    if (event.kind === "interrupt" || event.kind === "eof") return event.kind === "eof";
    number++;
    if (event.kind === "refused") {
      complain(`line ${number}: ${event.bytes} bytes are too long for a line`);
      continue;
    }
    // What is asked of the node means little before it has joined; commands to the prompt do not wait.
    if (!event.text.startsWith("/")) await runtime.inputOpen();
    let quits = false;
    const item = readTyped(desk, event.text, event.pasted === true, number, () => quits = true);
    if (quits) {
      desk.quit();
      return false;
    }
    if (isFault(item)) complain(`line ${number}: ${item.fault}`);
    if (isFault(item) || item === undefined) continue;
    if (app.hands_to === undefined) runtime.publish(app.topic, [item], number);
    else await desk.hand(app.hands_to, item, number);
  }
  return false;
}

function readTyped(
  { app, runtime, prompt, tell, tellAll, request, patience_ms }: TypedDesk,
  text: string,
  pasted: boolean,
  number: number,
  quit: () => void,
): ReturnType<ReadLine> {
  if (prompt === undefined) {
    return app.readLine === undefined ? textItem(text) : app.readLine(text, runtime.state, tell);
  }
  return prompt.read(text, pasted, {
    node: runtime.state,
    tell: tellAll,
    request: (name, wish) => request(name, wish, number),
    patience_ms,
    quit,
  });
}
