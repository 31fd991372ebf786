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

/** Words of a search. */
export const SEARCH_WORDS_MAX = 16;
/** Longest word of a search, in UTF-8: no name has more. */
export const SEARCH_WORD_BYTES_MAX = FILE_NAME_BYTES_MAX;
/** Largest budget of a search; whoever is asked with more lowers it to this. */
export const SEARCH_BUDGET_MAX = 1_024;
/** First and last budget of a search for which the user gave none; each is twice the one before. */
export const SEARCH_BUDGET_FIRST = 2;
export const SEARCH_BUDGET_LAST = 32;
/** Pause between two budgets. */
export const SEARCH_RING_MS = 1_000;
/** Answers to the last budget are waited for so long. */
export const SEARCH_LINGER_MS = 3_000;
/** A node without links waits so long for some, looking every now and then. */
export const SEARCH_ALONE_MS = 2_000;
export const SEARCH_LOOK_MS = 250;
/** A search that goes on asks again after this time, once it has come to the last budget. */
export const SEARCH_AGAIN_MS = 5_000;
/** So many different files that are there as a whole end a search without a budget. */
export const SEARCH_ENOUGH = 2;
/** The same words of the same origin are ignored for this time. */
export const SEARCH_SAME_MS = 500;
/** So long a node itself waits before it asks again for the same words, as some ways are slower. */
export const SEARCH_GAP_MS = 750;
/** What was found is kept so long for a guest that reads slowly. */
export const SEARCH_KEPT_MS = 10_000;
/** Own searches at once, those included that are over and kept; and those of one guest. */
export const SEARCHES_MAX = 16;
export const SEARCHES_PER_GUEST_MAX = 4;
/** Longest text by which a guest names its search. */
export const SEARCH_KEY_CHARS_MAX = 64;
/** Rows of one own search; more are left out. */
export const SEARCH_ROWS_MAX = 4_096;
/** Rows, runs in a row, and bytes as JSON of one answer. */
export const FOUND_ROWS_MAX = 256;
export const FOUND_RUNS_MAX = 64;
export const FOUND_BYTES_MAX = 64_000;
/** An answer of more bytes keeps nothing else waiting. */
export const FOUND_BULK_BYTES = 8_192;
/** A request or answer that cannot be handed on for so long is given up. */
export const SEARCH_SEND_MS = 3_000;
/** How long the way back of an answer is known, at least; and how many such ways. */
export const WAY_MS = 10_000;
export const WAYS_MAX = 8_192;
/** Origins of which is known what they asked lately, and whether they asked too much. */
export const ORIGINS_MAX = 4_096;
/** A request costs its budget, and at least this. */
export const SEARCH_COST_MIN = 32;
/** What a neighbour may have cost with its requests at once, and a second. */
export const NEIGHBOUR_COST_MAX = 8_192;
export const NEIGHBOUR_COST_PER_SECOND = 2_048;
/** The same of those in the name of one origin. */
export const ORIGIN_COST_MAX = 4_096;
export const ORIGIN_COST_PER_SECOND = 1_024;
/** The same of own ones: less, so that others bear them. */
export const OWN_COST_MAX = 2_048;
export const OWN_COST_PER_SECOND = 512;
/** Bytes of answers that a node sends or hands on at once, and a second. */
export const ANSWERED_BYTES_MAX = 4_194_304;
export const ANSWERED_BYTES_PER_SECOND = 1_048_576;
