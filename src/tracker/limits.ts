/** Every limit of the tracker that nodes do not have, too. Names end in their unit. */

/** Peers that a tracker takes. */
export const TRACKER_PEERS_MAX = 10_000;
/** Shortest pause between two differences that a tracker sends. */
export const TRACKER_ROUND_MS = 50;
/** The pause is longer by a millisecond for so many peers: what a round costs grows with them. */
export const TRACKER_PEERS_PER_MS = 10;
/** A guest of which a tracker heard nothing for so long is closed. */
export const TRACKER_GUEST_MS = 60_000;
/** Shortest pause between two looks of a tracker at all its links. */
export const TRACKER_WATCH_MS = 100;
/** A tracker that wakes so much too late was stopped: nobody is to blame for the silence. */
export const TRACKER_LATE_MS = 1_000;
/** Bytes after which a tracker asks with a ping whether they are read. */
export const TRACKER_ASK_BYTES = 65_536;
/** A peer that has left so many bytes of a tracker unread is closed. */
export const TRACKER_UNREAD_BYTES_MAX = 4_194_304;
/** Lines that a link may send to a tracker at once. */
export const TRACKER_LINES_BURST = 200;
/** Lines a second that a link may go on to send to a tracker. */
export const TRACKER_LINES_PER_SECOND = 100;
