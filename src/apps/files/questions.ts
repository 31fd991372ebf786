/** What may be asked about files: what is shared, and how far things are. */

import type { AppView, Question } from "../../core/host/app.ts";
import type { Id } from "../../core/types.ts";
import { parseLink } from "./link.ts";
import { searchQuestions } from "./looking.ts";
import type { FilesState, Get, Transfer } from "./state.ts";
import { fetchProgress } from "./swarm/progress.ts";

/** A file or directory that is shared, or on its way. */
export interface Listed {
  readonly state: "shared" | "getting";
  readonly link: string;
  readonly name: string;
  readonly bytes_here: number;
  readonly bytes: number;
  readonly files: number;
  readonly bytes_per_s: number;
  /** From whom it comes now. */
  readonly holders: readonly Id[];
}

export const questions: Readonly<Record<string, Question<FilesState>>> = {
  /** All that is shared here, and what is on its way; no paths, which are nobody's business. */
  files: {
    right: "read",
    names: (state, _, view) =>
      listFiles(state, view.now_ms).map((one) => JSON.stringify(rowOf(one, view))),
    row: (_, row) => JSON.parse(row),
  },
  /** How far a transfer is, which its user asks for by its key. */
  transfer: {
    right: "own",
    names: (state, [key]) => find(state, key) === undefined ? [] : [key],
    row: (state, key, { now_ms }) => transferRow(state, find(state, key), now_ms),
  },
  /** What the user of a transfer is told on the way, from a number on. */
  notes: {
    right: "own",
    names: (state, [key, from]) => (find(state, key)?.notes ?? []).slice(Number(from) || 0),
    row: (_, note) => [note],
  },
  ...searchQuestions,
};

/** What is shared, in the order of its names, and what is on its way. */
export function listFiles(state: FilesState, now_ms: number): readonly Listed[] {
  const shared = [...state.served.values()].map(({ link, name, bytes, files }): Listed => ({
    state: "shared",
    link,
    name,
    bytes_here: bytes,
    bytes,
    files,
    bytes_per_s: 0,
    holders: [],
  })).sort((a, b) => a.name < b.name ? -1 : a.name > b.name ? 1 : 0);
  const gets = [...state.transfers.values()].filter((one): one is Get =>
    one.kind === "get" && one.ended === null
  );
  const getting = gets.map((get): Listed => {
    const { link, name, what } = get, progress = progressOf(state, get, now_ms);
    return {
      state: "getting",
      link: link ?? "",
      name: name ?? what,
      files: get.files,
      ...progress,
    };
  });
  return [...shared, ...getting];
}

/** The last field has id and name of each holder. */
function rowOf(one: Listed, { members }: AppView): readonly string[] {
  const { state, link, name, bytes_here, bytes, files, bytes_per_s, holders } = one;
  const numbers = [bytes_here, bytes, files, Math.round(bytes_per_s)].map(String);
  const named = holders.map((id) => [id, members.get(id)?.name ?? ""]);
  return [state, link, name, ...numbers, JSON.stringify(named)];
}

function find({ transfers }: FilesState, key: string | undefined): Transfer | undefined {
  return [...transfers.values()].findLast((one) => one.key === key);
}

/** See src/apps/files/commands/transfer_row.ts for what the fields are. */
function transferRow(
  state: FilesState,
  transfer: Transfer | undefined,
  now_ms: number,
): readonly string[] {
  // It was forgotten while the answer was read.
  if (transfer === undefined) return [];
  const ends = [transfer.ended?.how ?? "", transfer.ended?.why ?? ""];
  if (transfer.kind === "share") {
    const { file, path, hashed_bytes, size } = transfer;
    const [here, all] = file === null ? [hashed_bytes, size] : [file.bytes, file.bytes];
    const files = String(file?.files ?? 1), done = file === null ? "0" : files;
    const texts = [file?.link ?? "", file?.name ?? path.slice(path.lastIndexOf("/") + 1), path];
    return [...ends, ...texts, String(here), String(all), done, files, "0", "0"];
  }
  const { link, name, path, files, files_done, what } = transfer;
  const { bytes_here, bytes, bytes_per_s, holders } = progressOf(state, transfer, now_ms);
  const numbers = [bytes_here, bytes, files_done, files, Math.round(bytes_per_s), holders.length];
  return [...ends, link ?? "", name ?? what, path ?? "", ...numbers.map(String)];
}

/** How much of what a user fetches is here, how fast it comes, and from whom. */
function progressOf(state: FilesState, get: Get, now_ms: number) {
  const size = get.list !== null ? get.bytes : get.link === null ? 0 : parseLink(get.link)!.size;
  const is_done = get.ended?.how === "done";
  let bytes_here = is_done ? size : get.bytes_done, bytes_per_s = 0;
  const asked = new Set<Id>();
  for (const file of state.fetches.values()) {
    if (file.transfer !== get.number || file.stage === "opening") continue;
    const one = fetchProgress(state.swarm, file.number, now_ms);
    if (one === null) continue;
    bytes_here += one.bytes;
    bytes_per_s += one.bytes_per_s;
    for (const { peer, is_asked } of one.holders) if (is_asked) asked.add(peer);
  }
  return { bytes_here: Math.min(bytes_here, size), bytes: size, bytes_per_s, holders: [...asked] };
}
