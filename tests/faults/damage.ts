/**
 * Damaged databases: cut off at every 512th byte, and a byte flipped at 300 places.
 *
 *     deno run -A tests/faults/damage.ts --times 300
 *
 * A world of two nodes with `--data` lives for a while and is stopped, one half of the worlds politely
 * and the other by `kill -9`, so that a write-ahead log is left. For each case one of the files is
 * damaged in place, because a copy would be told from the original by the store. Then
 *
 * - `rumor verify` must report it, or `rumor export` must give what it gave before;
 * - the node, started beside its healthy peer, must end with all lines and the right balances, and
 *   must never have signed two entries with one number.
 *
 * Afterwards both directories are put back as they were, down to the inodes.
 */

import { Dice } from "../../src/sim/dice.ts";
import { LONG } from "../helpers/long.ts";
import { runRumor } from "../helpers/process.ts";
import { type Plan, runScript, type Tally, until } from "./campaign.ts";
import { type Machine, Machines } from "./machines.ts";
import { few } from "./traffic.ts";
import { Census, collectEntries } from "./states.ts";
import { Snapshot } from "./snapshot.ts";

const CUT_EVERY_BYTES = 512;
/** A write-ahead log is large, and has a frame for each page. */
const CUT_LOG_EVERY_BYTES = 4_120;
const TOPICS = ["chat", "ledger"];
const CUTS_FAST = LONG ? 3 : 1;
const LINES = 12;
const PAYMENTS = 6;
const LANES = 8;
const CAUGHT_UP_MS = 30_000;

/** One way to damage a file. */
interface Harm {
  readonly kind: "cut off" | "flipped byte";
  readonly file: string;
  readonly at: number;
  /** What the byte is combined with; not 0. */
  readonly bits: number;
}

/** Two nodes, and what they had before anything was damaged. */
interface World {
  readonly machines: Machines;
  readonly victim: Machine;
  readonly peer: Machine;
  readonly snapshots: readonly Snapshot[];
  readonly lines: readonly string[];
  readonly balances: readonly string[];
  readonly exported: readonly string[];
}

/** Damages files: `times` flipped bytes, and all cuts (in the short version a few). */
export async function damage(plan: Plan, tally: Tally): Promise<void> {
  const dice = new Dice(plan.seed);
  const lanes = plan.fast ? 2 : LANES;
  const worlds = Array.from({ length: lanes }, (_, lane) => ({ lane, politely: lane % 2 === 0 }));
  const cases: Harm[][] = worlds.map(() => []);
  await Promise.all(worlds.map(async ({ lane, politely }) => {
    await using machines = new Machines();
    const world = await makeWorld(machines, politely, tally);
    // The worlds of each kind share the cuts of their files, and all share the flips.
    const share = lanes / 2;
    cases[lane] = cuts(world, plan, dice).filter((_, n) => n % share === Math.floor(lane / 2));
    for (let n = lane; n < plan.times; n += lanes) cases[lane].push(flip(world, dice));
    for (const [index, harm] of cases[lane].entries()) {
      await oneCase(world, harm, `${lane}.${index}`, tally);
    }
  }));
}

async function makeWorld(machines: Machines, politely: boolean, tally: Tally): Promise<World> {
  const victim = machines.add("anna", { durable: true });
  const peer = machines.add("ben", { durable: true });
  await machines.startAll();
  const lines: string[] = [];
  for (let n = 0; n < LINES; n++) {
    lines.push(`line ${n}`);
    await must([victim, peer][n % 2], ["pub", "--ack", "2", lines[n]]);
    if (n >= PAYMENTS) continue;
    await must([victim, peer][n % 2], ["pay", "--ack", "2", "bank", `to${n}`, String(n + 1)]);
  }
  const balances = await victim.balances();
  await stop(victim, politely);
  await stop(peer, true);
  const exported = await exportAll(victim, tally);
  const snapshots = [victim, peer].map(({ data }) => new Snapshot(data!));
  return { machines, victim, peer, snapshots, lines, balances, exported: exported ?? [] };
}

async function oneCase(world: World, harm: Harm, name: string, tally: Tally): Promise<void> {
  const { victim, peer } = world;
  for (const snapshot of world.snapshots) snapshot.restore();
  inflict(`${victim.data}/${harm.file}`, harm);
  tally.fault(`${harm.file} ${harm.kind}`);
  const label = `${harm.kind} at ${harm.at} of ${harm.file} (${name})`;
  const { code } = await runRumor(["verify", "--data", victim.data!], { timeout_ms: 30_000 });
  tally.expect(code === 0 || code === 1, `${label}: verify ended with ${code}`);
  if (code === 0) {
    const exported = await exportAll(victim, tally);
    checkExport(exported ?? [], world, label, tally);
  } else tally.increase("reported by verify");
  await peer.start();
  try {
    await victim.start(["--join", peer.address]);
    await checkTogether(world, label, tally);
  } catch (error) {
    tally.violate(`${label}: ${(error as Error).message.slice(0, 2_000)}`);
  }
  await Promise.all([victim.kill(), peer.kill()]);
}

/** Both have everything, agree, and nobody signed anything twice. */
async function checkTogether(world: World, label: string, tally: Tally): Promise<void> {
  const { victim, peer, lines } = world;
  const census = new Census();
  census.add(await collectEntries(peer));
  const fresh = `after ${label}`;
  // A node that has to hear of its own log first takes no lines until then.
  const taken = await until(
    async () => (await victim.guest(["pub", "--ack", "2", "--timeout", "5", fresh])).code === 0,
    CAUGHT_UP_MS,
    200,
  );
  if (taken === null) {
    return tally.violate(`${label}: it takes no lines\n${victim.process.report()}`);
  }
  const wanted = [...lines, fresh];
  for (const machine of [victim, peer]) {
    const got = await heldLines(machine, wanted);
    const same = got.size === wanted.length && wanted.every((line) => got.has(line));
    tally.expect(same, () => `${label}: lines of ${machine.name}: ${[...got].join(", ")}`);
    const balances = await machine.balances();
    tally.expect(balances.join() === world.balances.join(), () => `${label}: ${balances.join()}`);
    census.add(await collectEntries(machine));
  }
  tally.expect(census.forks.length === 0, `${label}: signed twice: ${census.forks.join(", ")}`);
  const forked = peer.process.stderr.filter((line) => line.includes("two different"));
  tally.expect(forked.length === 0, `${label}: ${forked.join()}`);
  const again = victim.process.stdout.filter((line, n, all) => all.indexOf(line) !== n);
  tally.expect(again.length === 0, `${label}: printed twice: ${again.join(", ")}`);
}

/** The lines that a machine gives out. A line that was not acknowledged may have been sent twice. */
async function heldLines(machine: Machine, wanted: readonly string[]): Promise<Set<string>> {
  const quick = await machine.guest(["sub", "-C", String(wanted.length), "-W", "10"]);
  const got = new Set(quick.stdout);
  return got.size === wanted.length
    ? got
    : new Set((await machine.guest(["sub", "-W", "1"])).stdout);
}

/** All that a stopped node holds, or null where it does not say. */
async function exportAll(machine: Machine, tally: Tally): Promise<string[] | null> {
  const parts: string[] = [];
  for (const topic of TOPICS) {
    const command = ["export", "--data", machine.data!, "--topic", topic, "--format", "ndjson"];
    const { code, stdout, stderr } = await runRumor(command);
    if (code !== 0) {
      tally.violate(`export ended with ${code}: ${stderr.join(" ")}`);
      return null;
    }
    parts.push(...stdout);
  }
  return parts;
}

/** What verifies must be all there. */
function checkExport(
  exported: readonly string[],
  world: World,
  label: string,
  tally: Tally,
): void {
  const missing = world.exported.filter((line) => !exported.includes(line));
  const strange = exported.filter((line) => !world.exported.includes(line));
  tally.expect(strange.length === 0, () => `${label}: verified, but has ${few(strange)}`);
  tally.expect(missing.length === 0, () => `${label}: verified, but lacks ${few(missing)}`);
}

async function must(machine: Machine, command: readonly string[]): Promise<void> {
  const { code, stderr } = await machine.guest(command);
  if (code !== 0) throw new Error(`${command.join(" ")} ended with ${code}: ${stderr.join()}`);
}

async function stop(machine: Machine, politely: boolean): Promise<void> {
  if (!politely) return await machine.kill();
  machine.process.signal("SIGTERM");
  await machine.process.status();
}

/** The files that are damaged: the database, and its log where there is one. */
function targets({ snapshots: [snapshot] }: World): [string, number][] {
  const files = [...snapshot.files].map(([name, bytes]): [string, number] => [name, bytes.length]);
  return files.filter(([name, size]) => /^rumor\.db(-wal)?$/.test(name) && size > 0);
}

function cuts(world: World, plan: Plan, dice: Dice): Harm[] {
  const all = targets(world).flatMap(([file, size]) => {
    const every_bytes = file === "rumor.db" ? CUT_EVERY_BYTES : CUT_LOG_EVERY_BYTES;
    return Array.from(
      { length: Math.ceil(size / every_bytes) },
      (_, n): Harm => ({ kind: "cut off", file, at: n * every_bytes, bits: 0 }),
    );
  });
  return plan.fast ? Array.from({ length: CUTS_FAST }, () => dice.pick(all)) : all;
}

function flip(world: World, dice: Dice): Harm {
  const [file, size] = dice.pick(targets(world));
  return { kind: "flipped byte", file, at: dice.below(size), bits: dice.between(1, 255) };
}

function inflict(path: string, { kind, at, bits }: Harm): void {
  if (kind === "cut off") return Deno.truncateSync(path, at);
  using file = Deno.openSync(path, { read: true, write: true });
  const byte = new Uint8Array(1);
  file.seekSync(at, Deno.SeekMode.Start);
  file.readSync(byte);
  byte[0] ^= bits;
  file.seekSync(at, Deno.SeekMode.Start);
  file.writeSync(byte);
}

if (import.meta.main) await runScript("damage", 300, damage);
