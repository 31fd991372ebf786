/** Neighbours by hand that search and answer as docs/protocol.md says, and as no honest node does. */

import { assert, assertEquals, assertStringIncludes } from "@std/assert";
import { type Process, runRumor, startRumor } from "../../helpers/process.ts";
import { RawBox } from "../../helpers/raw_box.ts";
import { Author, randomId, RawPeer } from "../../helpers/raw_peer.ts";
import { Holders } from "./search_program.ts";
import { file, linkOf } from "./searching.ts";

/** A neighbour of a node, with keys of its own. */
class Neighbour implements AsyncDisposable {
  readonly #peer: RawPeer;
  readonly #box: RawBox;
  readonly #node: { readonly id: string; readonly box: string };
  #number = 0;

  private constructor(peer: RawPeer, box: RawBox, node: { id: string; box: string }) {
    this.#peer = peer;
    this.#box = box;
    this.#node = node;
  }

  static async join(node: Process): Promise<Neighbour> {
    const peer = await RawPeer.peer(await node.address(), { acks: true }), box = new RawBox();
    const presence = new Author(peer.identity, "presence");
    peer.send(presence.next([{ address: "127.0.0.1:9", box: box.box }]));
    await peer.settled();
    const { id } = JSON.parse(await peer.wait((line) => line.startsWith('{"k":"hello"')));
    const word = await peer.wait((line) =>
      line.startsWith(`{"o":"${id}","t":"presence"`) && line.includes('"box"')
    );
    return new Neighbour(peer, box, { id, box: JSON.parse(word).b[0].box });
  }

  get id(): string {
    return this.#peer.id;
  }

  /** Tells the searches of the node something. */
  tell(...items: unknown[]): void {
    const text = JSON.stringify({ a: 0, w: 1, t: "files", b: items });
    this.#peer.send(this.#box.route(this.#node, this.id, ++this.#number, text));
  }

  /** What the searches of the node told this one, once that satisfies `check`. */
  // deno-lint-ignore no-explicit-any -- a test looks at whatever is in it
  async heard(check: (item: any) => boolean): Promise<any> {
    // deno-lint-ignore no-explicit-any -- as above
    const itemOf = (line: string): any => {
      if (!line.startsWith('{"k":"route"') || !line.includes(`"to":"${this.id}"`)) return undefined;
      if (!line.includes('"m":"data"')) return undefined;
      return JSON.parse(this.#box.open(this.#node, line)).b.find(check);
    };
    return itemOf(await this.#peer.wait((line) => itemOf(line) !== undefined));
  }

  async settled(): Promise<void> {
    await this.#peer.settled();
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#peer[Symbol.asyncDispose]();
  }
}

Deno.test("neighbours by hand search, answer, and lie", async (t) => {
  await using holders = new Holders();
  const anna = await holders.node("anna", [file("x1")]);
  await using eve = await Neighbour.join(anna);
  await using zoe = await Neighbour.join(anna);
  const join = ["--join", await anna.address()];
  const [{ id }] = (await runRumor(["peers", "--json", ...join])).stdout
    .map((line) => JSON.parse(line)).filter(({ self }) => self);
  const good = { name: "x2", link: linkOf("x2"), has: null };

  await t.step("a request is answered and goes on, and the answer to that comes back", async () => {
    const asked = { k: "search", o: randomId(), n: 5, words: ["X"], budget: 3 };
    zoe.tell(asked);
    const files = [{ name: "x1", link: linkOf("x1"), has: null }];
    assertEquals(await zoe.heard(({ k }) => k === "found"), {
      k: "found",
      o: asked.o,
      n: 5,
      by: id,
      files,
    });
    const handed = await eve.heard(({ n }) => n === 5);
    assertEquals(handed, { ...asked, words: ["x"], budget: 2 });
    const answer = { k: "found", o: asked.o, n: 5, by: randomId(), files: [good] };
    eve.tell({ ...answer, files: [{ ...good, name: "../x" }] }, answer);
    assertEquals(await zoe.heard(({ by }) => by === answer.by), answer);
  });

  await t.step("what makes no sense is counted, and nothing else comes of it", async () => {
    eve.tell(null, [], "x", { k: "search" }, { k: "found" }, { k: "search", o: 1, words: {} });
    eve.tell({ k: "found", o: randomId(), n: 1, by: randomId(), files: [good] });
    await eve.settled();
    const { stdout } = await runRumor(["peers", "--counts", ...join]);
    const counts = stdout.filter((line) => line.startsWith("ignored:"));
    assertEquals(counts, ["ignored:found 2", "ignored:found-unasked 1", "ignored:search 2"]);
  });

  await t.step(
    "hostile answers neither command a terminal nor make more of themselves",
    async () => {
      const args = ["search", "x", "--budget", "100", ...join];
      await using guest = startRumor(args, { stdin: "null" });
      const { o, n } = await eve.heard(({ o }) => o === id);
      const long = Array.from({ length: 60 }, (_, at) => ({ ...good, link: linkOf(`${at}`) }));
      const names = ["x\u202e\u001b]0;", "x y", "x\u202etxt.exe"];
      const files = names.map((name) => ({ name, link: linkOf(name), has: null }));
      eve.tell({ k: "found", o, n, by: randomId(), files: files.slice(0, 1) });
      eve.tell({ k: "found", o, n, by: id, files: [good] });
      eve.tell({
        k: "found",
        o,
        n,
        by: eve.id,
        files: [...files.slice(1), { ...good, name: "y" }],
      });
      for (let at = 0; at < 80; at++) eve.tell({ k: "found", o, n, by: randomId(), files: long });
      // Of the 50 answers that were asked for there, one was in the name of who asked.
      const rows = 1 + 2 + 48 * long.length;
      await guest.waitForStdout(rows);
      await eve.settled();
      await guest.closeStdout();
      const { code, stdout } = await guest.result();
      assertEquals([code, stdout.length], [0, rows]);
      assertEquals(stdout[1], `${linkOf("x y")} x\\x20y all ${eve.id} -`);
      assert(stdout.every((line) => line.split(" ").length === 5));
      assertStringIncludes(stdout[2], "x\u202etxt.exe");
    },
  );
});
