/**
 * Every limit of the core in one place. Names end in their unit.
 *
 * Everything that somebody else can make grow has a limit here, and a hostile test.
 */

/** Version of the wire protocol; another version is refused with a `bye`. */
export const PROTOCOL_VERSION = 1;

/** Longest line on the wire, without its newline. */
export const LINE_BYTES_MAX = 262_144;
/** Longest line that a user may send; longer ones are refused by number. */
export const ITEM_BYTES_MAX = 131_072;
/** An entry is closed when its items reach this size, so that several fit into a link's window. */
export const ENTRY_BYTES_TARGET = 98_304;
/** Most items in one entry. */
export const ENTRY_ITEMS_MAX = 16_384;
/** Most dependencies that one entry names; more are spread over entries without items. */
export const ENTRY_DEPS_MAX = 1_000;
/** Longest item as JSON: what fits into a line besides the largest envelope. */
export const ITEM_JSON_BYTES_MAX = LINE_BYTES_MAX - 1_024 - ENTRY_DEPS_MAX * 64;
/** Deepest nesting of JSON that is parsed at all. */
export const JSON_DEPTH_MAX = 32;
/** Longest name of a topic. */
export const TOPIC_BYTES_MAX = 64;
/** Most topics that others may open at a node. */
export const TOPICS_MAX = 1_024;
/** Most topics that one origin may speak in. */
export const TOPICS_PER_ORIGIN_MAX = 256;
/** Most topics that one guest may follow. */
export const TOPICS_PER_GUEST_MAX = 64;
/** Latest time that an entry may claim: the end of the year 9999, the last that RFC 3339 can say. */
export const TIME_MS_MAX = 253_402_300_799_999;
/** Most logs (origin and topic) that a node follows. */
export const LOGS_MAX = 262_144;

/** Logs that were forgotten and must not come back; the oldest are let go. */
export const FORGOTTEN_MAX = 131_072;
/** Who left is forgotten after this time, once nothing that it said is kept. */
export const FORGET_LEFT_MS = 600_000;
/** Who failed is forgotten after this time, once nothing that it said is kept. */
export const FORGET_FAILED_MS = 3_600_000;
/** How often those who are gone are looked through. */
export const FORGET_EVERY_MS = 60_000;

/** Entries that wait for a cause, in all. */
export const PENDING_ENTRIES_MAX = 4_096;
/** Bytes of entries that wait for a cause, in all. */
export const PENDING_BYTES_MAX = 8_388_608;
/** A missing cause is asked for after this time. */
export const PENDING_ASK_MS = 1_000;
/** Missing causes that are asked for at once. */
export const ASKS_MAX = 100;
/** A missing cause is given up, and reported as a gap, after this time. */
export const PENDING_EXPIRE_MS = 30_000;
/** A gap that one peer offers is accepted after this time, unless another peer fills it. */
export const GAP_WAIT_MS = 1_000;
/** A gap that nobody proves by the entry behind it is forgotten after this time. */
export const GAP_EXPIRE_MS = 30_000;
/** Entries behind gaps that are asked for at once. */
export const GAP_WANTS_MAX = 100;
/** Gaps that one peer may offer and not prove. */
export const OFFERS_MAX = 65_536;

/** Least that a node keeps for late joiners: some entries of the largest size. */
export const KEEP_BYTES_MIN = 1_048_576;
/** What a node keeps for late joiners, of all topics that are not kept whole. */
export const KEEP_BYTES_DEFAULT = 67_108_864;
/** What an entry costs in memory besides its own bytes. */
export const ENTRY_OVERHEAD_BYTES = 400;

/** Un-acknowledged bytes of entries on one link. */
export const WINDOW_BYTES = 262_144;
/** Received bytes after which an acknowledgement goes out at once. */
export const ACK_BYTES = 65_536;
/** Longest wait of an acknowledgement that nobody asked for with a ping. */
export const ACK_DELAY_MS = 200;
/** The same on a link that loses lines, where a sender must know soon what to say again. */
export const LOSSY_ACK_MS = 20;
/** First pause before a greeting on such a link is said again; each pause is half as long again. */
export const LOSSY_GREET_MS = 100;
/** Longest pause before a greeting is said again. */
export const LOSSY_GREET_MS_MAX = 500;
/** How often the time to an answer is measured there. */
export const LOSSY_PING_MS = 1_000;
/** A missing cause is asked for after this time where lines are lost. */
export const LOSSY_ASK_MS = 100;
/** Missing causes that are asked for at once there: most are on their way. */
export const LOSSY_ASKS_MAX = 10;
/** Pause between acknowledgements of a congested node there. */
export const LOSSY_CONGESTED_MS = 1_000;
/** Least bytes under way that loss may leave room for. */
export const LOSSY_WINDOW_BYTES_MIN = 16_384;
/** Logs in one line of an acknowledgement there, so that it fits into one datagram. */
export const LOSSY_CLOCK_LOGS = 8;
/** An entry that no clock covers is sent again after this time, until the link was measured. */
export const RESEND_MS = 200;
/** Shortest time after which an entry is sent again. */
export const RESEND_MS_MIN = 100;
/** Longest time after which an entry is sent again. */
export const RESEND_MS_MAX = 2_000;
/** What is not sent on a link is told of there after this time at the latest. */
export const LAZY_MS = 500;
/** Who misses what a peer has, and nobody sends, asks for it after this time. */
export const GRAFT_MS = 500;
/** Proofs of forks that one peer is shown. */
export const PROOFS_PER_LINK_MAX = 256;
/** Logs of which a node remembers at once that a peer has more. */
export const AHEAD_MAX = 4_096;
/** Longest pause before somebody is asked again for what does not come. */
export const GRAFT_MS_MAX = 32_000;
/** So many links are asked at once for what the one that broke brought. */
export const GRAFT_LINKS = 3;
/** Longest moment that a relayed entry waits for a copy that spares sending it. */
export const RELAY_DELAY_MAX_MS = 3;
/** Longest time that a user may have entries wait for company. */
export const BATCH_MS_MAX = 1_000;
/** So many waiting bytes are relayed at once. */
export const RELAY_BYTES = 16_384;
/** With fewer peers nothing waits: nobody else would bring it. */
export const RELAY_PEERS_MIN = 3;
/** Pause between the small credits that a congested node gives. */
export const CONGESTED_ACK_MS = 50;
/** Bytes of such a credit. */
export const CONGESTED_ACK_BYTES = 32_768;
/** Printed bytes that the output may owe before printing waits for it. */
export const FRONT_WINDOW_BYTES = 1_048_576;
/** Bytes that are printed at once, about. */
export const PRINT_BYTES = 65_536;
/** Drafted bytes after which input waits. */
export const DRAFT_BYTES_MAX = 1_048_576;
/** Entries that one tick makes, so that an app which answers itself for ever holds up nobody. */
export const SEALS_PER_TICK_MAX = 256;
/** A peer that owes an acknowledgement and says nothing for this time holds back nobody. */
export const STALL_MS = 500;
/** A reader that takes less than `PACE_BYTES` in this time no longer holds back the others. */
export const STUCK_MS = 5_000;
/** What a reader must take to count; slower ones lose entries when they fall too far behind. */
export const PACE_BYTES = 262_144;
/** A peer with a full window that acknowledges nothing for this long is closed. */
export const EVICT_MS = 10_000;
/** Longest wait until the others hold that this node left. */
export const GOODBYE_MS = 1_000;

/** A connection that has not proved itself is closed after this time. */
export const HELLO_TIMEOUT_MS = 5_000;
/** A node that may have signed more than it knows waits so long for others to tell it. */
export const STALE_WAIT_MS = 2_000;
/** Longest wait for somebody to join. */
export const JOIN_TIMEOUT_MS = 5_000;
/** Who has said nothing for so long pings, and a tracker pings whom it has not heard for so long. */
export const PING_MS = 1_000;
/** A link on which nothing came for so long is dead. */
export const SILENCE_MS = 5_000;
/** A suspect has so long to show that it lives. */
export const SUSPECT_MS = 4_000;
/** How soon somebody is missed, unless the user says otherwise. */
export const USUAL_TIMES = {
  ping_ms: PING_MS,
  silence_ms: SILENCE_MS,
  suspect_ms: SUSPECT_MS,
} as const;
/** The same for one machine, or one room. */
export const FAST_TIMES = { ping_ms: 200, silence_ms: 1_000, suspect_ms: 1_000 } as const;
/** The same for slow and lossy networks. */
export const WAN_TIMES = { ping_ms: 5_000, silence_ms: 20_000, suspect_ms: 15_000 } as const;
/** Who says of one member that it does not answer; more need not be remembered. */
export const ACCUSERS_MAX = 16;
/** A node that is missed or sought says that it lives at most once in this time. */
export const ANSWER_PAUSE_MS = 1_000;
/** How often a node suspects a member that it cannot reach, until it reaches it again. */
export const ACCUSALS_MAX = 2;
/** Members that one entry of presence may call suspect, or failed. */
export const ACCUSED_PER_ITEM_MAX = 64;
/** A disk that takes nothing is tried again after this time. */
export const STORE_RETRY_MS = 1_000;
/** Entries that retention dropped are deleted from the disk in heaps of so many. */
export const STORE_DROP_ENTRIES = 512;
/** Members from an earlier run, or from a tracker, that are tried in turn to join. */
export const BOOK_TRIES_MAX = 10;
/** Open connections in all. */
export const LINKS_MAX = 512;
/** Open connections from one host. */
export const LINKS_PER_HOST_MAX = 128;
/** Connections from one host that have not said hello. */
export const STRANGERS_PER_HOST_MAX = 64;
/** Control lines that a link may send at once. */
export const CONTROL_BURST = 10_000;
/** Control lines a second that a link may go on to send. */
export const CONTROL_PER_SECOND = 10_000;

/** Hops of a private message; whoever hands it on counts down first, and drops it at 0. */
export const HOPS_MAX = 10;
/** A next hop is learnt anew from what is said outside `presence` at most once in this time. */
export const ROUTE_REFRESH_MS = 1_000;
/** Bytes under way on a link, entries and all, beyond which private messages are not handed on. */
export const ROUTED_UNDER_WAY_MAX = 524_288;
/**
 * Lines, or over datagrams pieces of them, that are handed on to one peer, at once and a second. Half
 * of the control lines that it bears, so that no flood of others makes it close the link to the node
 * that only handed it on.
 */
export const ROUTED_PER_SECOND = CONTROL_PER_SECOND / 2;
/** Private messages are sealed together up to about so many bytes, so that they fit a datagram. */
export const PACKET_BYTES_TARGET = 640;
/** Longest message, and most of what one errand holds, as JSON: what fits into a line when sealed. */
export const PACKET_BYTES_MAX = 180_000;
/** Packets to one recipient that are not acknowledged yet. */
export const PACKETS_IN_FLIGHT_MAX = 64;
/** Their bytes as JSON; one packet may always be under way. */
export const FLIGHT_BYTES_MAX = 262_144;
/** The same of large messages, which must not keep others waiting. */
export const BULK_FLIGHT_BYTES_MAX = 65_536;
/** Packets that are sent again at once: the oldest. */
export const PACKETS_AGAIN_MAX = 16;
/** Packets of one sender that may wait for one before them. */
export const PACKETS_EARLY_MAX = 64;
/** Bytes of such packets of all senders. */
export const EARLY_BYTES_MAX = 16_777_216;
/** What a packet that waits costs in memory besides its own bytes. */
export const EARLY_OVERHEAD_BYTES = 400;
/** First pause before an unacknowledged packet is sent again; each is twice as long as the last. */
export const PACKET_RETRY_MS = 300;
/** Longest pause before an unacknowledged packet is sent again. */
export const PACKET_RETRY_MS_MAX = 3_000;
/** First pause before a recipient is asked again to speak; each is twice as long as the last. */
export const SEEK_MS = 1_000;
/** Longest pause before a recipient is asked again to speak. */
export const SEEK_MS_MAX = 16_000;
/** Members that one item of presence may ask to speak. */
export const SOUGHT_PER_ITEM_MAX = 64;
/** Private messages that wait in a node, as JSON bytes; more are refused. */
export const POSTED_BYTES_MAX = 16_777_216;
/** What each errand costs in memory besides its own bytes. */
export const POST_OVERHEAD_BYTES = 400;
/** Lanes of senders, two of each, of which a node remembers how far it has read; who is gone makes room. */
export const LANES_MAX = 131_072;
/** Longest time that a private message may wait for its recipient: a day. */
export const POST_MS_MAX = 86_400_000;

/** Bytes of a datagram, unless the user says otherwise; the least and the most that can be said. */
export const DATAGRAM_BYTES = 1_200;
export const DATAGRAM_BYTES_MIN = 576;
export const DATAGRAM_BYTES_MAX = 65_000;
/** Long lines of one connection that are put together of datagrams at once. */
export const PARTIAL_LINES_MAX = 16;
/** Their bytes: two of the longest. */
export const PARTIAL_BYTES_MAX = 524_290;
/** The same of all connections. */
export const PARTIAL_BYTES_ALL_MAX = 16_777_216;
/** A long line of which no piece came for so long is given up. */
export const PARTIAL_MS = 5_000;
/** An address that answers no datagram is given up after this time. */
export const KNOCK_TIMEOUT_MS = 4_000;
/** Strangers that are answered in a second. */
export const COOKIES_PER_SECOND = 2_000;
/** Unknown connections that are answered in a second. */
export const RESETS_PER_SECOND = 200;

/** How many peers a node links to. */
export const OVERLAY_LINKS = 10;
/** Peers that a node remembers. */
export const MEMBERS_MAX = 10_000;
/** Members that left or failed, besides. */
export const DEPARTED_MAX = 50_000;
/** Peers that a node remembers although they were only named by others. */
export const INTRODUCED_MAX = 1_000;
/** Peers in one `peers` line: as many as surely fit, whatever their addresses are. */
export const PEERS_PER_LINE = 800;
/** Dials a second, so that a lying list of peers cannot turn a node against others. */
export const DIALS_PER_SECOND = 20;
/** First pause before an address is dialled again; doubled each time, with jitter. */
export const REDIAL_MS = 250;
/** Longest pause before an address is dialled again. */
export const REDIAL_MAX_MS = 30_000;
/** After so many refused dials a peer no longer counts among the ten. */
export const DIAL_FAILURES_MAX = 3;
/** A member that there is no other way to is dialled again after this time, whatever became of it. */
export const REJOIN_MS = 30_000;
/** The same where a node links to nobody else: what was built by hand is to stand again soon. */
export const GIVEN_REJOIN_MS = 2_000;
/** With more links than this, those that no overlay asks for are closed. */
export const LINKS_KEPT = 24;
/** Dead members that are dialled again besides the ten. */
export const SILENT_MAX = 30;
/** A newcomer is left this long to dial by itself, so that two links seldom cross. */
export const COURTESY_MS = 400;

/** Longest name of a node, in UTF-16 units. */
export const NODE_NAME_CHARS_MAX = 64;
/** Longest name of an account or id of a transaction. */
export const NAME_BYTES_MAX = 256;
/** Strings that `--dedup text` remembers. */
export const DEDUP_TEXTS_MAX = 1_000_000;
/** Bytes of strings that `--dedup text` remembers. */
export const DEDUP_BYTES_MAX = 67_108_864;
/** Things that are counted by name; what comes further is counted together. */
export const COUNTS_MAX = 512;
/** Ids that are listed where a name means several. */
export const NAMESAKES_TOLD_MAX = 8;
/** Requests of one guest that wait for acknowledgement. */
export const REQUESTS_PER_GUEST_MAX = 64;
/** Bytes of rows in one answer, about. */
export const ANSWER_BYTES_TARGET = 65_536;
