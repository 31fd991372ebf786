/**
 * A disk that is full: the data directory stands on a tmpfs of 1 MB, which is filled.
 *
 *     deno run -A tests/faults/disk_full.ts --times 5      as root, because it mounts
 *
 * The node has to stop acknowledging, say so, and go on answering; when there is room again, it has to
 * go on by itself. Nothing that it acknowledged may be missing after a `kill -9`.
 */

import { Dice } from "../../src/sim/dice.ts";
import { type Plan, runScript, type Tally, until } from "./campaign.ts";
import { type Machine, Machines } from "./machines.ts";

const SIZE = "1M";
const BLOCK_BYTES = 4_096;
/** Room that is left: from none to what a few lines take. */
const ROOM_BLOCKS = 40;
const LINE_CHARS = 3_000;
/** More lines than a megabyte holds. */
const LINES_MOST = 500;
const RECOVERS_MS = 30_000;

/** Fills the disk `times` times, and makes room again. */
export async function diskFull(plan: Plan, tally: Tally): Promise<void> {
  const dice = new Dice(plan.seed);
  await using machines = new Machines();
  const disk = `${machines.folder}/anna`;
  await Deno.mkdir(disk);
  if (!await mount(disk)) return tally.violate("a tmpfs cannot be mounted: run it as root");
  try {
    const victim = machines.add("anna", { durable: true });
    const peer = machines.add("ben", { app: "chat" });
    await machines.startAll();
    const held: string[] = [];
    for (let round = 0; round < plan.times; round++) {
      await fillAndFree(victim, peer, disk, held, String(round), dice, tally);
    }
    await victim.kill();
    tally.fault("kills");
    await victim.start();
    const { stdout } = await victim.guest(["sub", "-W", "3"]);
    const lost = held.filter((line) => !stdout.includes(line));
    tally.expect(lost.length === 0, `${lost.length} of ${held.length} are lost: ${lost[0]}`);
    tally.figure("lines acknowledged", held.length);
  } finally {
    await Promise.all(machines.all.map((machine) => machine.kill()));
    await new Deno.Command("umount", { args: ["-l", disk] }).output();
  }
}

/** Whether this user may mount a tmpfs. */
export async function canMount(): Promise<boolean> {
  const folder = await Deno.makeTempDir();
  const mounted = await mount(folder);
  if (mounted) await new Deno.Command("umount", { args: [folder] }).output();
  await Deno.remove(folder);
  return mounted;
}

async function mount(folder: string): Promise<boolean> {
  const args = ["-t", "tmpfs", "-o", `size=${SIZE}`, "tmpfs", folder];
  try {
    return (await new Deno.Command("mount", { args }).output()).success;
  } catch {
    return false;
  }
}

async function fillAndFree(
  victim: Machine,
  peer: Machine,
  disk: string,
  held: string[],
  round: string,
  dice: Dice,
  tally: Tally,
): Promise<void> {
  const before = victim.process.stderr.length;
  if (await publish(victim, `before ${round}`)) held.push(`before ${round}`);
  else tally.violate(`${round}: takes no lines before the disk is full`);
  fill(`${disk}/filler`, dice.below(ROOM_BLOCKS));
  tally.fault("full disks");
  // The store may still have some room of its own.
  let refused: string | null = null;
  for (let n = 0; n < LINES_MOST && refused === null; n++) {
    const line = `full ${round} ${n} ${"x".repeat(LINE_CHARS)}`;
    if (await publish(victim, line, "1")) held.push(line);
    else refused = line;
  }
  tally.expect(refused !== null, `${round}: a full disk takes everything`);
  const readable = await victim.guest(["sub", "-W", "2"]);
  tally.expect(readable.code === 0, `${round}: sub ended with ${readable.code}`);
  tally.expect(held.every((line) => readable.stdout.includes(line)), `${round}: sub lacks lines`);
  const shown = readable.stdout.includes(refused ?? "");
  tally.expect(!shown, `${round}: shows a line that it has not stored`);
  const balances = await victim.guest(["balances"]);
  tally.expect(balances.code === 0, `${round}: balances ended with ${balances.code}`);
  const elsewhere = await peer.guest(["pub", "--ack", "2", "--timeout", "1", `far ${round}`]);
  tally.expect(elsewhere.code !== 0, `${round}: acknowledges what others said`);
  const said = victim.process.stderr.slice(before);
  tally.expect(said.some((line) => /disk|space|full|stor/i.test(line)), `${round}: says nothing`);
  await Deno.remove(`${disk}/filler`);
  const again = `again ${round}`;
  const took = await until(() => publish(victim, again), RECOVERS_MS, 200);
  tally.expect(took !== null, () => `${round}: does not recover\n${victim.process.report()}`);
  if (took !== null) held.push(again);
}

async function publish(machine: Machine, line: string, timeout = "5"): Promise<boolean> {
  return (await machine.guest(["pub", "--ack", "1", "--timeout", timeout, line])).code === 0;
}

/** Writes until there is no room for a single block more, then leaves some blocks. */
function fill(path: string, left_blocks: number): void {
  using file = Deno.openSync(path, { write: true, create: true });
  const block = new Uint8Array(BLOCK_BYTES);
  try {
    for (;;) file.writeSync(block);
  } catch {
    // That is what it is for.
  }
  file.truncateSync(Math.max(0, file.statSync().size - left_blocks * BLOCK_BYTES));
}

if (import.meta.main) await runScript("disk_full", 5, diskFull);
