/** What `rumor sim` alone accepts, and its help; apart, so that help costs no loading. */

import { flagLines } from "../args/args.ts";
import { readCount, readSwitch } from "../args/values.ts";
import { helpFlags, jsonFlag } from "../args/flags.ts";

const SEED_MAX = 999_999_999_999;

export const flags = {
  seed: { value: "N", help: "run this seed only", read: readCount(0, SEED_MAX) },
  seeds: {
    value: "COUNT",
    help: "run so many seeds, by default 200",
    read: readCount(1, 100_000_000),
  },
  from: {
    value: "N",
    help: "the first of them, by default 1",
    read: readCount(0, SEED_MAX),
  },
  nodes: {
    value: "N",
    help: "so many nodes, instead of 2 to 14",
    read: readCount(2, 200),
  },
  shrink: {
    help: "make what fails smaller, and print the smallest",
    read: readSwitch,
  },
  trace: { help: "print everything that happens", read: readSwitch },
  json: { ...jsonFlag.json, help: "print one JSON object" },
  ...helpFlags,
} as const;

/** The help, with the names of all experiments. */
export const helpWith = (experiments: readonly string[]): string =>
  `Examples:
  rumor sim                              200 networks, each drawn from a seed, and all that may happen
  rumor sim --seeds 10000                more of them
  rumor sim --seed 4711 --trace          one of them, told line by line
  rumor sim --seed 4711 --shrink         the smallest network that fails as it does
  rumor sim broadcast --nodes 1000       what it costs to tell everybody
  rumor sim scenario iroh                numbers that others published, and ours
  rumor sim cut --nodes 1000             how many links must break to part a network

Usage: rumor sim [EXPERIMENT] [FLAGS]

The experiments are ${experiments.join(", ")}; each has its own --help. Without one it runs
many nodes of this very program in one process, under a virtual clock and network, and checks after
every event what must never be: nothing acknowledged is lost, logs are prefixes of one another,
causes come first, each item once, every app keeps its own rules, nobody alive is called failed in a
mild network, memory has bounds, no number is signed twice; and once everything is healed, all agree.
Everything is drawn from the seed: lost, doubled and late lines, cuts, partitions, crashes, torn and
old disks, pauses, clocks that jump, peers that lie. The same seed does the same again.

Flags:
${flagLines(flags)}

Exit codes: 0 all is well, 1 something that must not be was found, 2 usage.
`;
