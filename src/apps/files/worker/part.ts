/**
 * One file that is being fetched. The map beside the part has the hashes of the file as far as they
 * came, and a bit for each chunk that was verified and written: each bit is set after its chunk was
 * written, so that what a killed program leaves behind is at most less than there is.
 */

import { CHUNK_BYTES, HASH_BYTES } from "../limits.ts";
import type { LinkParts } from "../link.ts";
import type { Run, Runs } from "../runs.ts";
import type { Got, Range } from "../tasks.ts";
import { isRange, spanOf } from "../tree.ts";
import { type Bits, ChunkSet, PAGE_BYTES, PAGE_CHUNKS } from "./chunk_set.ts";
import { reasonOf } from "./faults.ts";
import { BLOCK_BYTES } from "./hash_file.ts";
import { HEADER_BYTES, type PartFiles } from "./part_files.ts";
import type { Progress } from "./progress.ts";
import { areSame, sha256, treeBytes, TreeFile } from "./tree_file.ts";

const ZEROS = new Uint8Array(CHUNK_BYTES);
const HASH_OF_ZEROS = sha256(ZEROS);
/** What the disk has, while it is compared. */
const THERE = new Uint8Array(CHUNK_BYTES);

export class Part {
  readonly #files: PartFiles;
  readonly #tree: TreeFile;
  /** The file's own chunks that are here. */
  readonly #here = new ChunkSet();
  readonly #bits_at: number;

  /** Of a file that a link names. Throws where the disk takes no file of that size. */
  constructor(parts: LinkParts, files: PartFiles) {
    this.#files = files;
    this.#tree = new TreeFile(parts, files.map, HEADER_BYTES);
    this.#bits_at = HEADER_BYTES + treeBytes(parts.size);
    // What was not written yet takes no room.
    if (files.part.info().size !== parts.size) files.part.setSize(parts.size);
  }

  /** The file's hashes. */
  get tree(): TreeFile {
    return this.#tree;
  }

  get is_complete(): boolean {
    return this.#here.count === this.#tree.levels[0].chunks;
  }

  /** Whether not even a hash is here. */
  get is_empty(): boolean {
    return this.has().every((runs) => runs.length === 0);
  }

  /** What is here, by levels. */
  has(): readonly Runs[] {
    return this.#tree.levels.map((_, level) => this.#of(level).runs());
  }

  /** What is here of the file's own chunks. */
  chunks(): Runs {
    return this.#here.runs();
  }

  /**
   * Looks at what an earlier fetch left, and hashes all of it again. What the map says, but the part has
   * not, is not here, and will be fetched again.
   */
  async verify(progress: Progress): Promise<void> {
    const { levels } = this.#tree, top = levels.length - 1;
    if (levels[0].chunks === 0) return;
    this.#tree.check(top, 0);
    for (let level = top - 1; level > 0; level--) {
      for (const [first, count] of this.#below(level)) {
        for (let chunk = first; chunk < first + count; chunk++) {
          this.#tree.check(level, chunk);
          await progress.add(0);
        }
      }
    }
    for (const [first, count] of this.#below(0)) await this.#verifyChunks(first, count, progress);
  }

  /** Verifies chunks that came, joined, and writes those that are good and new. */
  put(range: Range, bytes: Uint8Array): Got {
    const { levels } = this.#tree;
    if (!isRange(range, levels)) return failed("there are no such chunks in the file");
    const due = this.#tree.hashesOf(range);
    if (due === null) return failed("the hashes of these chunks are not here yet");
    // How long they are is known: who sends less or more sends something else.
    const { at, bytes: length } = spanOf(levels[range.level], range.first, range.count);
    if (bytes.length !== length) return { good: [], wrong: true, why: null, stuck: null };
    const runs: Piece[] = [];
    for (let chunk = 0; chunk < range.count; chunk++) {
      const hash = due.subarray(chunk * HASH_BYTES, (chunk + 1) * HASH_BYTES);
      const piece = bytes.subarray(chunk * CHUNK_BYTES, (chunk + 1) * CHUNK_BYTES);
      if (!areSame(sha256(piece), hash)) continue;
      addTo(runs, range.first + chunk, this.#skips(range.level, range.first + chunk, hash));
    }
    const wrong = runs.reduce((sum, { count }) => sum + count, 0) < range.count, good: Run[] = [];
    for (const { first, count, skips } of runs) {
      const from = (first - range.first) * CHUNK_BYTES;
      const piece = bytes.subarray(from, from + count * CHUNK_BYTES);
      try {
        if (skips) this.#note(range.level, first, count);
        else this.#write(range.level, first, count, piece, at + from);
      } catch (error) {
        return { good: joined(good), wrong, why: null, stuck: reasonOf(error) };
      }
      good.push([first, count]);
    }
    return { good: joined(good), wrong, why: null, stuck: null };
  }

  /** Chunks joined, each verified again, in `into` if it is there; null where one is not here. */
  read(range: Range, into: Uint8Array | null): Uint8Array | null {
    if (!isRange(range, this.#tree.levels)) return null;
    if (range.level > 0) return this.#tree.read(range);
    if (!this.#here.hasAll(range.first, range.count)) return null;
    const { at, bytes } = spanOf(this.#tree.levels[0], range.first, range.count);
    const content = into?.subarray(0, bytes) ?? new Uint8Array(bytes);
    const due = this.#tree.hashesOf(range);
    if (due === null || this.#files.part.readAt(content, at) < bytes) return null;
    for (let chunk = 0; chunk < range.count; chunk++) {
      const piece = content.subarray(chunk * CHUNK_BYTES, (chunk + 1) * CHUNK_BYTES);
      const hash = due.subarray(chunk * HASH_BYTES, (chunk + 1) * HASH_BYTES);
      if (!areSame(sha256(piece), hash)) return this.#lose(range.first + chunk);
    }
    return content;
  }

  /** Somebody else has written to the part: what was there is not any more. */
  #lose(chunk: number): null {
    this.#here.remove(chunk);
    for (const found of this.#here.bits(chunk, 1)) this.#writeBits(found);
    return null;
  }

  #of(level: number): ChunkSet {
    return level === 0 ? this.#here : this.#tree.known(level);
  }

  /** Chunks of a level whose hashes are here. */
  *#below(level: number): Generator<Run> {
    const per_chunk = CHUNK_BYTES / HASH_BYTES, { chunks } = this.#tree.levels[level];
    for (const [first, count] of this.#tree.known(level + 1).runs()) {
      const end = Math.min(chunks, (first + count) * per_chunk);
      yield [first * per_chunk, end - first * per_chunk];
    }
  }

  /** Verifies those chunks of the part that its map says are there. */
  async #verifyChunks(first: number, count: number, progress: Progress): Promise<void> {
    const end = first + count, block = new Uint8Array(BLOCK_BYTES);
    for (let from = first; from < end;) {
      const page = Math.floor(from / PAGE_CHUNKS), to = Math.min(end, (page + 1) * PAGE_CHUNKS);
      const bits = new Uint8Array(PAGE_BYTES);
      this.#files.map.readAt(bits, this.#bits_at + page * PAGE_BYTES);
      for (const [start, length] of claimed(bits, page, from, to)) {
        const hashes = this.#tree.hashesOf({ level: 0, first: start, count: length });
        const { at, bytes } = spanOf(this.#tree.levels[0], start, length);
        const content = block.subarray(0, bytes);
        content.fill(0, await this.#files.part.read(content, at));
        for (let chunk = 0; chunk < length && hashes !== null; chunk++) {
          const piece = content.subarray(chunk * CHUNK_BYTES, (chunk + 1) * CHUNK_BYTES);
          const hash = hashes.subarray(chunk * HASH_BYTES, (chunk + 1) * HASH_BYTES);
          if (areSame(sha256(piece), hash)) this.#here.add(start + chunk);
        }
        await progress.add(bytes);
      }
      for (const found of this.#here.bits(from, to - from)) this.#writeBits(found);
      from = to;
    }
  }

  /** Whether a good chunk need not be written: it is here, or is zeros where the part has zeros. */
  #skips(level: number, chunk: number, hash: Uint8Array): boolean {
    if (this.#of(level).has(chunk)) return true;
    if (level > 0 || !areSame(hash, HASH_OF_ZEROS)) return false;
    return this.#files.part.readAt(THERE, chunk * CHUNK_BYTES) === CHUNK_BYTES &&
      areSame(THERE, ZEROS);
  }

  #write(level: number, first: number, count: number, bytes: Uint8Array, at: number): void {
    if (level === 0) this.#files.part.writeAt(bytes, at);
    else this.#files.map.writeAt(bytes, this.#tree.placeOf(level, first));
    this.#note(level, first, count);
  }

  /** Notes chunks that are here now, first on the disk. */
  #note(level: number, first: number, count: number): void {
    if (level > 0) {
      for (let chunk = first; chunk < first + count; chunk++) this.#tree.note(level, chunk);
      return;
    }
    const added: number[] = [];
    for (let chunk = first; chunk < first + count; chunk++) {
      if (this.#here.add(chunk)) added.push(chunk);
    }
    try {
      for (const found of this.#here.bits(first, count)) this.#writeBits(found);
    } catch (error) {
      for (const chunk of added) this.#here.remove(chunk);
      throw error;
    }
  }

  #writeBits({ at, bytes }: Bits): void {
    this.#files.map.writeAt(bytes, this.#bits_at + at);
  }
}

/** Good chunks one behind the other that are either to be written, or need not be. */
interface Piece {
  readonly first: number;
  count: number;
  readonly skips: boolean;
}

function addTo(runs: Piece[], chunk: number, skips: boolean): void {
  const last = runs[runs.length - 1];
  const goes_on = last !== undefined && last.first + last.count === chunk && last.skips === skips;
  if (goes_on) last.count++;
  else runs.push({ first: chunk, count: 1, skips });
}

/** Runs in order, without those that touch. */
function joined(runs: Runs): Runs {
  const all: [first: number, count: number][] = [];
  for (const [first, count] of runs) {
    const last = all[all.length - 1];
    if (last !== undefined && last[0] + last[1] === first) last[1] += count;
    else all.push([first, count]);
  }
  return all;
}

function failed(why: string): Got {
  return { good: [], wrong: false, why, stuck: null };
}

/** Runs of chunks within a page whose bits are set, none longer than a block. */
function* claimed(bits: Uint8Array, page: number, from: number, to: number): Generator<Run> {
  const most = BLOCK_BYTES / CHUNK_BYTES;
  let first = from, count = 0;
  for (let chunk = from; chunk < to; chunk++) {
    const bit = chunk - page * PAGE_CHUNKS;
    const is_set = ((bits[bit >>> 3] >>> (bit & 7)) & 1) === 1;
    if (is_set && count === 0) first = chunk;
    if (is_set) count++;
    if (count > 0 && (!is_set || count === most)) {
      yield [first, count];
      count = 0;
    }
  }
  if (count > 0) yield [first, count];
}
