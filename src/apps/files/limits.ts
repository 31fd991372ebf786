/** The limits of files, in one place. */

/** Bytes of a chunk, but for the last of a file; bytes of a chunk of hashes, too. */
export const CHUNK_BYTES = 8_192;
/** Bytes of a hash: SHA-256. */
export const HASH_BYTES = 32;
/** Largest file that can be named: what is counted exactly. */
export const FILE_BYTES_MAX = Number.MAX_SAFE_INTEGER;
/** Chunks that are asked for at once at most, and how pieces are aligned: 256 KiB. */
export const PIECE_CHUNKS = 32;
/** The same where they travel hop by hop, sealed, as base64: what fits into one packet. */
export const ROUTED_CHUNKS_MAX = 12;
/** Longest name of a file, in UTF-8. */
export const FILE_NAME_BYTES_MAX = 255;
/** Longest path within a shared directory, in UTF-8. */
export const PATH_BYTES_MAX = 4_096;
/** Most files in a shared directory. */
export const DIRECTORY_FILES_MAX = 100_000;
/** Largest manifest of a directory. */
export const MANIFEST_BYTES_MAX = 33_554_432;
/** Most runs in which is said what a holder has; one that has more pieces says of fewer. */
export const RUNS_MAX = 1_000;

// Fetching from many at once.

/** Bytes under way from a holder of whom nothing is known yet. */
export const WINDOW_START_BYTES = 65_536;
/** The same at least, and at most, once its rate is known. */
export const WINDOW_BYTES_MIN = 32_768;
export const WINDOW_BYTES_MAX = 8_388_608;
/** Requests under way to one holder, however small they are. */
export const ASKS_MAX = 64;
/** The same where they travel hop by hop. */
export const ROUTED_ASKS_MAX = 2;
/** A request that brought nothing is given to others after a time from its holder's rate, between these. */
export const PATIENCE_MS_MIN = 2_000;
export const PATIENCE_MS_MAX = 10_000;
/** How long a holder is not asked that let a request wait for so long, at first and at most. */
export const REST_MS_MIN = 1_000;
export const REST_MS_MAX = 60_000;
/** Part of a file that may be asked for twice at its end. */
export const DUPLICATE_PART_MAX = 0.01;
/** Where fetchers take their pieces from, so that no hashes are needed that lie far apart. */
export const HORIZON_PIECES = 128;
/** Places that are looked at for the next request; the best of them is taken. */
export const SAMPLE_PIECES = 16;
/** Chunks of hashes that are asked for at once: those of 16 MiB. */
export const LIST_CHUNKS_MAX = 8;
/** How often a full disk is tried again. */
export const STUCK_RETRY_MS = 1_000;
/** Files of which is kept what holders have of them before they are fetched. */
export const EARLY_LINKS_MAX = 4_096;
/** Holders that are kept out of a file, of all files; the oldest is forgotten beyond. */
export const EXCLUDED_MAX = 10_000;
