/** Waits for a transfer that a node does, and shows how far it is. */

import { delay } from "@std/async/delay";
import { EXIT } from "../../../cli/args/exit.ts";
import type { Ask, Outcome, Want } from "../../../cli/guest/inquiry.ts";
import { say } from "../../../cli/output/stderr.ts";
import { FILES } from "../options.ts";
import type { GetRequest, ShareRequest } from "../requests.ts";
import { Progress } from "./progress.ts";
import { askTransfer, type TransferRow } from "./transfer_row.ts";

/** How often it is asked how far it is: where somebody looks, and else. */
const LOOK_MS = 200;
const PAUSE_MS = 1_000;

/** How often it is asked again how it ended, and after which time. */
const TRIES = 100, TRY_MS = 50;

/** Exit codes of how a transfer ends. */
const CODES: Readonly<Record<string, number>> = {
  done: EXIT.done,
  bad: EXIT.failed,
  nobody: EXIT.unreachable,
  incomplete: EXIT.unacknowledged,
};

/** What the node is asked with. */
export interface Desk {
  readonly ask: Ask;
  readonly want: Want;
}

/** How a transfer ended: an exit code, and what it was. */
export interface Followed {
  readonly code: number;
  readonly row: TransferRow | null;
}

/** Wants a transfer and waits for its end; what is wrong stands on stderr. */
export async function follow(
  { ask, want }: Desk,
  request: ShareRequest | GetRequest,
  verb: string,
  shows_progress: boolean,
): Promise<Followed> {
  const progress = new Progress(verb, shows_progress);
  let outcome: Outcome | null = null, told = 0;
  const end = want(FILES, request).then((how) => outcome = how);
  // What its user is to be told comes once.
  const tellNotes = async () => {
    const notes = await ask({ q: "notes", a: [request.key, String(told)] });
    if (notes.length > 0) progress.clear();
    for (const [note] of notes) say(`rumor: ${note}`);
    told += notes.length;
  };
  while (outcome === null) {
    const { promise, resolve } = Promise.withResolvers<void>();
    const timer = setTimeout(resolve, progress.wanted ? LOOK_MS : PAUSE_MS);
    await Promise.race([end, promise]);
    clearTimeout(timer);
    if (outcome !== null) break;
    await tellNotes();
    const row = progress.wanted ? await askTransfer(ask, request.key) : null;
    if (row !== null && outcome === null) progress.show(row, performance.now());
  }
  await tellNotes();
  progress.clear();
  return await ended({ ask, want }, request.key, outcome);
}

async function ended({ ask }: Desk, key: string, { why }: Outcome): Promise<Followed> {
  let row = await askTransfer(ask, key);
  // A node that stores something shows how it ended when that is stored.
  for (let tries = 0; tries < TRIES && row?.how === ""; tries++) {
    await delay(TRY_MS);
    row = await askTransfer(ask, key);
  }
  if (why === null) return { code: EXIT.done, row };
  say(`rumor: ${why}`);
  // What was refused before it began is no transfer.
  return { code: CODES[row?.how ?? ""] ?? EXIT.failed, row };
}

/** What a transfer is asked for by: nobody else's. */
export function newKey(): string {
  return crypto.randomUUID();
}
