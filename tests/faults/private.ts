/**
 * `kill -9` of the node in the middle of a chain, at random moments, while its ends say private
 * messages to each other; another node takes its place, or the same one comes back.
 *
 *     deno run -A tests/faults/private.ts --times 50
 *
 * Five nodes of which each links to those beside it only, so that everything goes through the one
 * that dies. Every message has to arrive, once and in order. Each chain outlives ten deaths; every
 * other chain loses a fifth of the datagrams between two of its nodes.
 */

import { Dice } from "../../src/sim/dice.ts";
import { Chain, FAIR, type LinkKind } from "../helpers/chain.ts";
import { type Faults, Letters } from "../helpers/letters.ts";
import { pause, type Plan, runScript, type Tally } from "./campaign.ts";

const NAMES = ["anna", "ben", "carl", "dora", "eve"];
const MIDDLE = 2;
const DEATHS_PER_CHAIN = 10;
const BAD: LinkKind = { drop: 0.2, duplicate: 0.1, reorder: 0.2 };
/** Most messages each way for one death; the short version has fewer. */
const MESSAGES = 600;
const MESSAGES_FAST = 200;
/** Most that are written at once, and the longest pause before the next. */
const BATCH = 40;
const PAUSE_MS = 40;
/** The longest time until the node dies, and until another is there. */
const LIFE_MS = 600;
const DOWN_MS = 1_500;
const COMES_BACK = 0.3;

/** Kills the node in the middle `times` times. */
export async function privateMessages(plan: Plan, tally: Tally): Promise<void> {
  const dice = new Dice(plan.seed);
  const took_ms = new Map<string, number[]>();
  for (let death = 0; death < plan.times;) {
    const over = death / DEATHS_PER_CHAIN % 2 < 1 ? "streams" : "datagrams";
    const options = over === "streams" ? {} : { links: [FAIR, BAD, FAIR, FAIR], args: ["--fast"] };
    await using chain = await Chain.start(NAMES, options);
    const times_ms = took_ms.get(over) ?? [];
    took_ms.set(over, times_ms);
    let name = NAMES[MIDDLE];
    do {
      const next = dice.next() < COMES_BACK ? name : `carl${death}`;
      tally.fault(next === name ? "restarts" : "replacements");
      name = next;
      times_ms.push(await dieAndGoOn(chain, name, dice, plan, tally, death));
    } while (++death % DEATHS_PER_CHAIN !== 0 && death < plan.times);
    tally.fault("lost datagrams", chain.dropped);
  }
  for (const [over, times_ms] of took_ms) {
    times_ms.sort((a, b) => a - b);
    const [middle, most] = [times_ms[times_ms.length >> 1], times_ms[times_ms.length - 1]];
    tally.figure(`all there over ${over}, ms, median and most`, `${middle} ${most}`);
  }
}

/** One death; gives the time from the start of the next node to the last delivery. */
async function dieAndGoOn(
  chain: Chain,
  next: string,
  dice: Dice,
  plan: Plan,
  tally: Tally,
  death: number,
): Promise<number> {
  const { nodes } = chain, [anna, eve] = [nodes[0], nodes[nodes.length - 1]];
  const ways = [
    new Letters(anna, eve, "eve", `death ${death} a`),
    new Letters(eve, anna, "anna", `death ${death} e`),
  ];
  const most = plan.fast ? MESSAGES_FAST : MESSAGES;
  const writing = Promise.all(ways.map(async (way) => {
    for (let left = dice.between(1, most); left > 0;) {
      const count = Math.min(left, dice.between(1, BATCH));
      await way.write(count);
      left -= count;
      await pause(dice.between(0, PAUSE_MS));
    }
  }));
  await pause(dice.between(0, LIFE_MS));
  await chain.kill(MIDDLE);
  await pause(dice.between(0, DOWN_MS));
  const began_ms = performance.now();
  await chain.replace(MIDDLE, next);
  await writing;
  const ended = await Promise.allSettled(ways.map(async (way) => {
    await way.arrive();
    await way.end();
  }));
  for (const end of ended) {
    if (end.status === "rejected") tally.violate(`death ${death}: ${firstLine(end.reason)}`);
  }
  for (const way of ways) {
    tally.increase("messages", way.sent);
    report(way.faults(), `death ${death}`, tally);
  }
  return Math.round(Math.max(...ways.map((way) => way.newest_ms)) - began_ms);
}

function report(faults: Faults, when: string, tally: Tally): void {
  for (const [kind, numbers] of Object.entries(faults)) {
    tally.expect(
      numbers.length === 0,
      () => `${when}: ${numbers.length} ${kind}, the first is ${numbers[0]}`,
    );
  }
}

function firstLine(error: Error): string {
  return error.message.split("\n")[0];
}

if (import.meta.main) await runScript("private", 50, privateMessages);
