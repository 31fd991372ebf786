/**
 * The files of a directory as they are now, to be put back later, down to their inodes: a store
 * notices when its files are others, and what is tested here is not that.
 */

/** What a directory held when this was made. */
export class Snapshot {
  readonly files: Map<string, Uint8Array> = new Map();
  readonly #dir: string;
  /** Another name for each file, so that its inode outlives whatever is done to it. */
  readonly #keep: string;

  constructor(dir: string) {
    this.#dir = dir;
    this.#keep = `${dir}.keep`;
    Deno.mkdirSync(this.#keep);
    for (const { name } of Deno.readDirSync(dir)) {
      this.files.set(name, Deno.readFileSync(`${dir}/${name}`));
      // A new link changes the key's time of change, by which the store knows it.
      if (name !== "key") Deno.linkSync(`${dir}/${name}`, `${this.#keep}/${name}`);
    }
  }

  /** Whether the node still has the key that it had. */
  get hasSameKey(): boolean {
    return this.#read("key") === new TextDecoder().decode(this.files.get("key"));
  }

  /** Puts everything back. */
  restore(): void {
    if (!this.hasSameKey) throw new Error("the node has another key than before");
    for (const { name } of [...Deno.readDirSync(this.#dir)]) {
      if (name !== "key") Deno.removeSync(`${this.#dir}/${name}`);
    }
    for (const [name, bytes] of this.files) {
      if (name === "key") continue;
      Deno.linkSync(`${this.#keep}/${name}`, `${this.#dir}/${name}`);
      Deno.writeFileSync(`${this.#dir}/${name}`, bytes);
    }
  }

  #read(name: string): string {
    try {
      return Deno.readTextFileSync(`${this.#dir}/${name}`);
    } catch {
      return "";
    }
  }
}
