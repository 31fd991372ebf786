/** What is chosen for the chain: times, and how much of anything is kept. */

/** A block may be so far ahead of the own clock; further ahead it waits. */
export const AHEAD_MS = 60_000;
/** Blocks that wait for their time. */
export const EARLY_MAX = 100;
/** Blocks that wait for a parent, and how soon another node is asked for that. */
export const ORPHANS_MAX = 1_000;
export const PARENT_ASK_MS = 2_000;
/**
 * All neighbours are asked so often, with twice the pause each time: one alone for 8 minutes. Then new
 * neighbours are looked for now and then, and only these are asked.
 */
export const PARENT_ROUNDS = 8;
export const PARENT_LOOK_MS = 30_000;
/** Bytes of blocks that wait for a parent, and of those that wait for their time. */
export const WAITING_BYTES_MAX = 8_388_608;
/** Records that wait to be ordered; of more, the oldest are forgotten. */
export const POOL_MAX = 10_000;
/** Bytes of their lines; where there are more, so many are left. */
export const POOL_BYTES_MAX = 16_777_216;
export const POOL_BYTES_TARGET = 14_680_064;
/** Records without a place are looked at once in so many blocks, and forgotten the second time. */
export const SWEEP_BLOCKS = 64;
/** Bytes of the lines that one block orders. */
export const BLOCK_BYTES_TARGET = 32_768;
/** Bytes of a block's data as JSON; a block with more is bad. */
export const BLOCK_DATA_BYTES_MAX = 98_304;
/** A record so deep is left alone by nodes that mine on demand. */
export const REST_DEPTH = 6;
/** Nodes that mine on demand mine so many blocks at most for a record that has no place yet. */
export const AWAITED_BLOCKS_MAX = 128;
/** Who may wait for records at once. */
export const WAITS_MAX = 1_024;
/** Who may wait for the newest chain at once, and how long neighbours have to bring it. */
export const NEWEST_MAX = 64;
export const NEWEST_MS = 2_000;
/** Part of a block time after which what is mined is put together anew, with a new time. */
export const LOOK_PART = 1 / 20;
export const LOOK_MS_MIN = 100;
/** Blocks that are sent at once to whoever asks. */
export const SENT_BLOCKS_MAX = 16;
