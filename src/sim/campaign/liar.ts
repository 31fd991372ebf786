/**
 * A peer that lies: an honest core whose words are changed on their way out. So it is a member like
 * the others, has a key and links, and lies about what it says.
 */

import type { Json, LinkId } from "../../core/types.ts";
import {
  decodeStored,
  encodeUnsigned,
  type EntryFields,
  hashedBytes,
  peekHeader,
  sealEntry,
} from "../../core/log/entry.ts";
import { isKeptWhole, PRESENCE } from "../../core/log/slice.ts";
import type { Dice } from "../dice.ts";
import type { SimNode } from "../sim_node.ts";
import { type AppRules, rulesOf } from "./app_rules.ts";
import type { LieKind, Options } from "./options.ts";

const encoder = new TextEncoder();
/** Lines that it remembers, to say them again. */
const REMEMBERED_MAX = 50;

export class Liar {
  readonly #node: SimNode;
  readonly #dice: Dice;
  readonly #lies: Options["lies"];
  readonly #hashOf: (bytes: Uint8Array) => string;
  readonly #rules: readonly AppRules[];
  readonly #topical: readonly NonNullable<AppRules["lie"]>[];
  readonly #said: Uint8Array[] = [];
  /** Its own log of junk, by topic: number, hash and items of what came last. */
  readonly #junk = new Map<string, { seq: number; previous: string; first: number }>();
  /** Whether it lies; until the network is healed. */
  active = true;

  constructor(
    node: SimNode,
    dice: Dice,
    lies: Options["lies"],
    hashOf: (bytes: Uint8Array) => string,
    rules: readonly AppRules[],
  ) {
    this.#node = node;
    this.#dice = dice;
    this.#lies = lies;
    this.#hashOf = hashOf;
    this.#rules = rules;
    this.#topical = rules.flatMap(({ lie }) => lie === undefined ? [] : [lie]);
  }

  /** What is sent instead of these lines. */
  tamper(link: LinkId, lines: readonly Uint8Array[]): readonly Uint8Array[] {
    if (!this.active) return lines;
    const said = lines.flatMap((line) => line[2] === 0x6f ? this.#tell(link, line) : [line]);
    const stage = this.#node.state.session.links.get(link)?.stage;
    if (stage === "up") said.push(...this.#invent());
    return said;
  }

  #does(kind: LieKind): boolean {
    const rate = this.#lies[kind];
    return rate !== undefined && this.#dice.chance(rate);
  }

  #tell(link: LinkId, line: Uint8Array): Uint8Array[] {
    if (this.#said.length < REMEMBERED_MAX) this.#said.push(line);
    if (this.#does("withhold")) return [];
    if (this.#does("forge")) return [this.#forge(line)];
    const is_own = peekHeader(line)!.origin === this.#node.id;
    if (is_own && link % 2 === 1 && this.#does("equivocate")) return [this.#equivocate(line)];
    return [line];
  }

  #invent(): Uint8Array[] {
    const lines: Uint8Array[] = [];
    if (this.#said.length > 0 && this.#does("replay")) lines.push(this.#dice.pick(this.#said));
    if (this.#does("junk")) lines.push(this.#makeJunk());
    if (this.#does("accuse")) lines.push(this.#accuse());
    return lines;
  }

  /** The same line with another letter in its items, under the old signature. */
  #forge(line: Uint8Array): Uint8Array {
    const text = new TextDecoder().decode(line);
    const at = text.indexOf('"b":[') + 5;
    return encoder.encode(
      `${text.slice(0, at)}"forged"${text[at] === "]" ? "" : ","}${text.slice(at)}`,
    );
  }

  /** Another entry with the same number, signed as well. */
  #equivocate(line: Uint8Array): Uint8Array {
    const entry = decodeStored(line);
    const { topic } = entry, other = rulesOf(this.#rules, topic)?.other;
    // What it says of itself it says truly: else it is only another failed peer.
    const is_true = topic === PRESENCE || isKeptWhole(this.#node.state.log, topic);
    if (is_true && other === undefined) return line;
    const items = entry.items.map((item) =>
      other === undefined ? `${item}, or not` : other(topic, item)
    );
    return this.#sign({ ...entry, items });
  }

  #makeJunk(): Uint8Array {
    const dice = this.#dice;
    const kind = dice.below(4 + this.#topical.length);
    switch (kind) {
      case 0:
        return encoder.encode('{"k":"have","c":\n');
      case 1:
        return encoder.encode(`{"k":"gossip${dice.below(1_000)}"}\n`);
      case 2: {
        // Its causes will never come.
        const seq = dice.between(1, 9), origin = this.#node.id;
        const deps: [string, number][] = [[this.#someId(), 1_000 + dice.below(1_000)]];
        const fields = { origin, topic: "junk", previous: "", first: 1, time_ms: 1, deps };
        return this.#sign({ ...fields, seq, items: ["never"] });
      }
      case 3:
        return this.#next(`t${dice.below(4)}`, ["spam", { deep: [[["x"]]] }]);
      default:
        return this.#next(...this.#topical[kind - 4](dice));
    }
  }

  /** Says in others' names that somebody who lives has failed. */
  #accuse(): Uint8Array {
    const { log, membership: { members }, session: { place } } = this.#node.state;
    const id = this.#someId(), member = members.by_id.get(id);
    const seq = (log.clock[log.keys.find(`${log.self}/${PRESENCE}`)] ?? 0) + 1;
    const pair: Json = [id, (member?.seq ?? 1) + this.#dice.below(3)];
    const fields = { origin: this.#node.id, topic: PRESENCE, deps: [], first: seq, time_ms: 1 };
    const previous = log.heads[log.keys.find(`${log.self}/${PRESENCE}`)]?.hash ?? "";
    const item = { address: place.address ?? "x:1", suspect: [pair], failed: [pair] };
    return this.#sign({ ...fields, seq, previous, items: [item] });
  }

  #someId(): string {
    const ids = [...this.#node.state.membership.members.by_id.keys()];
    return ids.length === 0 ? this.#node.id : this.#dice.pick(ids);
  }

  #next(topic: string, items: Json[]): Uint8Array {
    const last = this.#junk.get(topic) ?? { seq: 0, previous: "", first: 1 };
    const { previous, first } = last, seq = last.seq + 1;
    const fields = { origin: this.#node.id, topic, seq, previous, first, time_ms: 1, deps: [] };
    const line = this.#sign({ ...fields, items });
    const hash = this.#hashOf(hashedBytes(line));
    this.#junk.set(topic, { seq, previous: hash, first: first + items.length });
    return line;
  }

  #sign(fields: EntryFields): Uint8Array {
    const unsigned = encodeUnsigned(fields);
    return sealEntry(fields, unsigned, this.#node.signer.sign(unsigned)).line;
  }
}
