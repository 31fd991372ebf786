/** What must hold of a tracker, whatever happens. */

import { assert, assertEquals, assertLess } from "@std/assert";
import fc from "fast-check";
import { PEERS_PER_LINE, SILENCE_MS } from "../../src/core/data/limits.ts";
import { TRACKER_PEERS_PER_MS, TRACKER_ROUND_MS } from "../../src/tracker/limits.ts";
import type { LinkId } from "../../src/core/types.ts";
import { fakeId } from "../../src/sim/crypto.ts";
import { check } from "../helpers/check.ts";
import { Crowd, listOf } from "../helpers/crowd.ts";
import { deepFreeze } from "../helpers/deep_freeze.ts";
import { LONG_ONLY } from "../helpers/long.ts";
import { picture } from "../helpers/picture.ts";

/** What may happen at a tracker: who does what, and how much time passes. */
interface Happening {
  readonly what: string;
  readonly who: number;
  readonly label: number | null;
  readonly port: number;
  readonly pause_ms: number;
}

const happenings: fc.Arbitrary<Happening[]> = fc.array(
  fc.record({
    what: fc.constantFrom("join", "join", "join", "bye", "vanish", "freeze"),
    who: fc.integer({ min: 0, max: 7 }),
    label: fc.option(fc.integer({ min: 0, max: 3 })),
    port: fc.integer({ min: 1, max: 2 }),
    pause_ms: fc.constantFrom(0, 0, 1, 20, TRACKER_ROUND_MS, 400),
  }),
  { maxLength: 60 },
);

/** Plays what happens; everybody who is not frozen answers pings. Gives the open links. */
function play(crowd: Crowd, acts: readonly Happening[]): Map<string, LinkId> {
  const links = new Map<string, LinkId>(), frozen = new Set<LinkId>();
  const answered = new Map<LinkId, number>();
  const settle = () => {
    for (const [name, link] of links) {
      const pings = crowd.heard(link, "ping");
      if (crowd.closed.has(link)) links.delete(name);
      else if (!frozen.has(link)) {
        for (const { x } of pings.slice(answered.get(link) ?? 0)) crowd.say(link, { k: "pong", x });
      }
      answered.set(link, pings.length);
    }
  };
  const pass = (pause_ms: number) => {
    crowd.tick();
    for (let left = pause_ms; left > 0; left -= 100, settle()) crowd.pass(Math.min(left, 100));
  };
  for (const { what, who, label, port, pause_ms } of acts) {
    const name = `n${who}`, link = links.get(name);
    if (what === "join") {
      const name_text = label === null ? undefined : `label-${label}`;
      links.set(name, crowd.join(name, { address: `${name}:${port}`, label: name_text }));
    } else if (link !== undefined && what === "freeze") frozen.add(link);
    else if (link !== undefined) {
      if (what === "bye") crowd.say(link, { k: "bye", code: "left", why: "" });
      else crowd.vanish(link);
      links.delete(name);
    }
    settle();
    pass(pause_ms);
  }
  pass(SILENCE_MS + 2_000);
  for (const [name, link] of links) if (frozen.has(link)) links.delete(name);
  return links;
}

Deno.test("`reduceTracker()` leaves everybody with its own list, whoever comes and goes", () => {
  let peers = 0;
  check(
    fc.property(happenings, (acts) => {
      const crowd = new Crowd({ peers_max: 6 });
      const links = play(crowd, acts);
      const { roster } = crowd.state;
      const rows = roster.pages.flatMap((page) => page.rows);
      const list = new Map(rows.map(({ id, address }) => [id, address]));
      assertEquals([...links.keys()].map(fakeId).sort(), [...list.keys()].sort());
      assertEquals([roster.size, roster.places.size], [rows.length, rows.length]);
      const labels = rows.map(({ name }) => name).filter((name) => name !== "");
      assertEquals([new Set(labels).size, roster.names.size], [labels.length, labels.length]);
      assertEquals([crowd.state.links.size, crowd.state.strangers], [rows.length, 0]);
      for (const [name, link] of links) {
        const known = listOf(crowd.heard(link));
        // Itself it knows anyway.
        known.set(fakeId(name), list.get(fakeId(name))!);
        assertEquals(known, list, `what ${name} knows`);
        peers++;
      }
    }),
    300,
  );
  assert(peers > 300, `${peers} lists were compared`);
});

Deno.test("`reduceTracker()` leaves its input unchanged, and gives the same for the same", () => {
  let count = 0;
  check(
    fc.property(happenings, (acts) => {
      const trace: string[] = [];
      const watch: ConstructorParameters<typeof Crowd>[0] = {
        watch: (before, event) => {
          const shown = picture(before);
          deepFreeze(before);
          deepFreeze(event);
          count++;
          return () => {
            assertEquals(picture(before), shown, "the state that came in was changed");
            trace.push(shown);
          };
        },
      };
      play(new Crowd(watch), acts.slice(0, 12));
      const once = trace.splice(0);
      play(new Crowd(watch), acts.slice(0, 12));
      assertEquals(trace, once);
    }),
    20,
  );
  assert(count > 1_000);
});

Deno.test("`reduceTracker()` gives the same however the lines of a read are cut", () => {
  const lines = (crowd: Crowd, link: LinkId) => [
    crowd.hello("ann", { label: "anna" }),
    { k: "unheard-of" },
    crowd.proof("ann", link),
    { k: "ping", x: 5 },
    { k: "have", c: {} },
    { k: "ping", x: 6 },
    { k: "bye", code: "left", why: "" },
    { k: "ping", x: 7 },
  ];
  const outcomes = [1, 2, 3, 8].map((size) => {
    const crowd = new Crowd();
    const link = crowd.open(), all = lines(crowd, link);
    for (let at = 0; at < all.length; at += size) crowd.say(link, ...all.slice(at, at + size));
    crowd.tick();
    return [crowd.heard(link), picture(crowd.state)];
  });
  for (const outcome of outcomes) assertEquals(outcome, outcomes[0]);
  assertEquals(outcomes[0][0].length, 5);
});

Deno.test(
  "`reduceTracker()` needs for 10,000 peers a list each and few rounds, not a storm",
  LONG_ONLY,
  () => {
    const peers = 10_000, each_ms = 1;
    const crowd = new Crowd();
    const began_ms = performance.now();
    const began_at_ms = crowd.now_ms;
    let lists = 0, list_bytes = 0, most_lines = 0;
    for (let at = 0; at < peers; at++) {
      const before = { ...crowd.told };
      const link = crowd.join(`n${at}`);
      const lines = crowd.told.lines - before.lines;
      lists += lines;
      list_bytes += crowd.told.bytes - before.bytes;
      most_lines = Math.max(most_lines, lines);
      crowd.tick();
      crowd.pass(each_ms);
      if (at % 1_000 === 0) { for (let one = 1; one <= link; one++) crowd.answerPing(one); }
      crowd.forget();
    }
    crowd.pass(2 * peers / TRACKER_PEERS_PER_MS);
    const took_ms = Math.round(performance.now() - began_ms);
    const differences = crowd.told.lines - lists;
    const bytes = crowd.told.bytes - list_bytes;
    const one_by_one = peers * (peers - 1) / 2;
    Deno.stderr.writeSync(new TextEncoder().encode(
      `    ${peers} peers in ${crowd.now_ms - began_at_ms} virtual ms: ${lists} lines of lists ` +
        `(${megabytes(list_bytes)}), ${differences} lines of differences (${megabytes(bytes)}; ` +
        `one by one ${one_by_one}), at most ${most_lines} lines for a newcomer; took ${took_ms} ms\n`,
    ));
    assertEquals(crowd.state.roster.size, peers);
    assertEquals(most_lines, Math.ceil((peers - 1) / PEERS_PER_LINE));
    // Everybody is in fewer than one round for each interval of its time there.
    assertLess(differences, one_by_one / 100);
  },
);

function megabytes(bytes: number): string {
  return `${(bytes / 1e6).toFixed(0)} MB`;
}
