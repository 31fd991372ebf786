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
