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
/** Most names in such a path. */
export const PATH_DEPTH_MAX = 128;
/** Most files, and most directories, in a shared directory. */
export const DIRECTORY_FILES_MAX = 100_000;
/** Largest manifest of a directory. */
export const MANIFEST_BYTES_MAX = 33_554_432;
/** Most runs in which is said what a holder has; one that has more pieces says of fewer. */
export const RUNS_MAX = 1_000;
/** Nodes that are named to each other because they want the same. */
export const OTHERS_MAX = 20;
/** Links of which is remembered who wanted them. */
export const WANTED_LINKS_MAX = 1_024;
/** Nodes from which one thing is fetched. */
export const HOLDERS_MAX = 32;
/** Nodes from which anything is fetched. */
export const HOLDERS_ALL_MAX = 128;
/** Transfers of the node's users at once. */
export const TRANSFERS_MAX = 64;
/** A transfer that ended is told of for so long. */
export const ENDED_MS = 30_000;
/** Files of a directory that are fetched at once. */
export const FETCHES_MAX = 64;
/** Answers hop by hop that are read at once for one node. */
export const READS_PER_PEER_MAX = 4;
/** The same for all. */
export const READS_MAX = 32;
/** Wants that are answered at once. */
export const ADMITS_MAX = 64;
/** A holder that does not answer is asked again after this time. */
export const WANT_AGAIN_MS = 3_000;
/** A name that one has may be that of several files: so long others may say so. */
export const DECIDE_MS = 500;
/** So long an answer to a message may take. */
export const MESSAGE_MS = 15_000;
/** How long a transfer may stand still, unless its user says otherwise. */
export const PATIENCE_MS = 30_000;
/** How long somebody who has it may be looked for. */
export const LOOK_MS = 15_000;
/** Notes of a transfer to its user. */
export const NOTES_MAX = 100;
/** When all that have something sent something else, others may be found for so long. */
export const WRONG_MS = 2_000;

/** Longest line that opens a direct connection, and longest request on it. */
export const REQUEST_LINE_BYTES_MAX = 512;
/** Longest line that a holder answers: what it has of a file, in `RUNS_MAX` runs. */
export const ANSWER_LINE_BYTES_MAX = 65_536;
/** Requests that are unanswered on one connection at most; those beyond wait at who asks. */
export const REQUESTS_MAX = 256;
/** Files of which one connection is told; those watched first are forgotten first. */
export const WATCHES_MAX = 256;
/** Pieces of one connection that are verified and written at a time; the next wait in the socket. */
export const PUTS_MAX = 8;
/** Nodes that are let in at a time; those let in first are forgotten first. */
export const TOKENS_MAX = 4_096;
/** Connections that did not say yet who they are, in all and from one host: the oldest gives way. */
export const STRANGERS_MAX = 64;
export const STRANGERS_BY_HOST_MAX = 16;
/** Connections of nodes that are let in, in all and from one host: more are turned away. */
export const CONNECTIONS_MAX = 256;
export const CONNECTIONS_BY_HOST_MAX = 64;
/** Connections of one node: the oldest gives way, as it may be a dead one. */
export const CONNECTIONS_BY_PEER_MAX = 2;
