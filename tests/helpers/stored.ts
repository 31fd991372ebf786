/** Batches and directories for the tests of what is stored. */

import { APPS } from "../../src/apps/registry.ts";
import { storedApps } from "../../src/cli/node/apps.ts";
import type { Json } from "../../src/core/types.ts";
import type { StoreBatch, StoredRow, StoreEntry } from "../../src/core/data/stored.ts";
import { encodeUnsigned, hashedBytes, sealEntry } from "../../src/core/log/entry.ts";
import { type Identity, sha256 } from "../../src/shell/crypto/crypto.ts";
import { Store } from "../../src/shell/store/store.ts";

/** Nothing to store. */
export const NO_BATCH: StoreBatch = {
  entries: [],
  gaps: [],
  forks: [],
  printed: [],
  rows: [],
  kept: [],
  drop_before: 0,
  forgotten: [],
};

export const TIME_MS = 1_795_166_823_123;

/** One log whose entries are made one after another, each with a number of its arrival. */
export class Author {
  #seq = 0;
  #previous = "";
  #first = 1;

  constructor(
    readonly identity: Identity,
    readonly topic: string,
    /** Shared by the authors of one store: gives the next arrival. */
    readonly arrivals: { next: number },
  ) {}

  /** The next entry. */
  write(...items: Json[]): StoreEntry {
    const { id, sign } = this.identity;
    const seq = ++this.#seq;
    const fields = {
      origin: id,
      topic: this.topic,
      seq,
      previous: this.#previous,
      time_ms: TIME_MS + seq,
      first: this.#first,
      deps: [],
      items,
    };
    const unsigned = encodeUnsigned(fields);
    const { line } = sealEntry(fields, unsigned, sign(unsigned));
    this.#previous = sha256(hashedBytes(line));
    this.#first += items.length;
    return { arrival: this.arrivals.next++, origin: id, topic: this.topic, seq, line };
  }

  /** Several entries of one item each. */
  writeAll(items: readonly Json[]): StoreEntry[] {
    return items.map((item) => this.write(item));
  }
}

/** Opens a directory as a node with all apps does. */
export function openStore(dir: string): Store {
  return Store.open(dir, storedApps(APPS));
}

/** All rows of a store. */
export function allRows(store: Store): StoredRow[] {
  return [...store.rows()].flat();
}

/** Whether a row is what was stored. */
export function isIntact({ line, hash }: StoredRow): boolean {
  return line[line.length - 1] === 0x0a && sha256(hashedBytes(line)) === hash;
}

/** The text of lines, for comparing. */
export function textOf(rows: readonly { readonly line: Uint8Array }[]): string[] {
  return rows.map(({ line }) => new TextDecoder().decode(line));
}

/** A directory that is gone at the end; `dir` is not made yet. */
export class TempDir implements Disposable {
  readonly #root = Deno.makeTempDirSync({ prefix: "rumor-store-" });
  readonly dir = `${this.#root}/data`;

  path(name: string): string {
    return `${this.dir}/${name}`;
  }

  names(): string[] {
    return [...Deno.readDirSync(this.dir)].map(({ name }) => name).sort();
  }

  /** Copies the files to a new directory beside. */
  copy(name: string): string {
    const to = `${this.#root}/${name}`;
    Deno.mkdirSync(to, { mode: 0o700 });
    for (const file of this.names()) Deno.copyFileSync(this.path(file), `${to}/${file}`);
    return to;
  }

  [Symbol.dispose](): void {
    Deno.removeSync(this.#root, { recursive: true });
  }
}
