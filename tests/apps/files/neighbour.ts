/** A neighbour of a node, made by hand, that tells its files whatever it likes. */

import type { Process } from "../../helpers/process.ts";
import { RawBox } from "../../helpers/raw_box.ts";
import { Author, RawPeer } from "../../helpers/raw_peer.ts";

/** What one node told the files of another. */
// deno-lint-ignore no-explicit-any -- a test looks at whatever is in it
export type Item = any;

/** The public key that a node says in a line; "" where it does not. */
function boxIn(line: string, id: string): string {
  const is_word = line.startsWith(`{"o":"${id}","t":"presence"`) && line.includes('"box"');
  return is_word ? JSON.parse(line).b[0].box : "";
}

/** A neighbour of a node, with keys of its own. */
export class Neighbour implements AsyncDisposable {
  /** Called with each thing that the files of the node tell this one. */
  onItem: (item: Item) => void = () => {};
  static #port = 9;
  readonly #peer: RawPeer;
  readonly #box: RawBox;
  #node: { readonly id: string; readonly box: string };
  #number = 0;
  #acks = 0;
  /** Packets come again as long as their acknowledgement is under way. */
  #last = 0;

  private constructor(peer: RawPeer, box: RawBox, node: { id: string; box: string }) {
    this.#peer = peer;
    this.#box = box;
    this.#node = node;
    for (const line of peer.lines) this.#hearBox(line);
    peer.onLine = (line) => this.#take(line);
  }

  /** Links to a node, and says under which name it is known. */
  static async join(node: Process, name?: string): Promise<Neighbour> {
    const peer = await RawPeer.connect(await node.address(), { acks: true }), box = new RawBox();
    // Each has an address of its own, where nobody listens.
    const address = `127.0.0.1:${Neighbour.#port++}`;
    peer.send(peer.hello({ address: JSON.stringify(address) }));
    const hello = await peer.control("hello"), { id } = hello;
    peer.send(peer.proof(hello), '{"k":"have","c":{}}');
    await peer.control("have");
    const presence = new Author(peer.identity, "presence");
    peer.send(presence.next([{ address, name, box: box.box }]));
    await peer.settled();
    const word = await peer.wait((line) => boxIn(line, id) !== "");
    return new Neighbour(peer, box, { id, box: boxIn(word, id) });
  }

  get id(): string {
    return this.#peer.id;
  }

  /** Tells the files of the node something. */
  tell(...items: unknown[]): void {
    const text = JSON.stringify({ a: 0, w: 1, t: "files", b: items });
    this.#peer.send(this.#box.route(this.#node, this.id, ++this.#number, text));
  }

  /** What the files of the node told this one, once that satisfies `check`. */
  async heard(check: (item: Item) => boolean): Promise<Item> {
    const itemOf = (line: string) => this.#read(line)?.items.find(check);
    return itemOf(await this.#peer.wait((line) => itemOf(line) !== undefined));
  }

  async settled(): Promise<void> {
    await this.#peer.settled();
  }

  /** Goes without a word. */
  close(): void {
    this.#peer.close();
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#peer[Symbol.asyncDispose]();
  }

  /** Each run of the node has another, and what an earlier one said may come first. */
  #hearBox(line: string): void {
    const { id } = this.#node, box = boxIn(line, id);
    if (box !== "") this.#node = { id, box };
  }

  #take(line: string): void {
    this.#hearBox(line);
    const packet = this.#read(line);
    if (packet === null) return;
    const { n, items } = packet;
    this.#peer.send(this.#box.route(this.#node, this.id, ++this.#acks, `${n}`, "ack"));
    if (n <= this.#last) return;
    this.#last = n;
    for (const item of items) this.onItem(item);
  }

  #read(line: string): { readonly n: number; readonly items: readonly Item[] } | null {
    if (!line.startsWith('{"k":"route"') || !line.includes(`"to":"${this.id}"`)) return null;
    const { o, m, n } = JSON.parse(line);
    return m === "data" && o === this.#node.id
      ? { n, items: JSON.parse(this.#box.open(this.#node, line)).b }
      : null;
  }
}
