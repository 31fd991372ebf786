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
/** Answers with chunks that are on their way to one node at once, and to all: 4 MiB of them. */
export const READS_PER_PEER_MAX = 4;
export const READS_MAX = 32;
/** Answers to wants that are on their way to one node at once, and to all. */
export const WANTS_PER_PEER_MAX = 32;
export const WANTS_MAX = 256;
/** Files of one name of which a user is told, and nodes that have one of them. */
export const NAMESAKES_MAX = 8;
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
/** What searches may cost at once, and a second: those of a neighbour, of an origin, and one's own. */
export const NEIGHBOUR_PURSE = { most: 8_192, per_second: 2_048 } as const;
export const ORIGIN_PURSE = { most: 4_096, per_second: 1_024 } as const;
export const OWN_PURSE = { most: 2_048, per_second: 512 } as const;
/** Bytes of answers that a node sends or hands on, at once and a second. */
export const ANSWERS_PURSE = { most: 4_194_304, per_second: 1_048_576 } as const;
/** Who is said to have it is asked alone for so long. */
export const LATER_MS = 1_000;

// Fetching from many at once.

/** Bytes under way from a holder of whom nothing is known yet. */
export const WINDOW_START_BYTES = 65_536;
/** The same at least, and at most, once its rate is known. */
export const WINDOW_BYTES_MIN = 32_768;
export const WINDOW_BYTES_MAX = 8_388_608;
/** Requests under way to one holder, however small they are. */
export const ASKS_PER_HOLDER_MAX = 64;
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
/** A holder that is dialled and does not answer is asked by messages after this time. */
export const DIAL_PATIENCE_MS = 500;
