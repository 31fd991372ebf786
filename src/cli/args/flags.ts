/** Flags that several commands share. */

import {
  BATCH_MS_MAX,
  DATAGRAM_BYTES_MAX,
  DATAGRAM_BYTES_MIN,
  FAST_TIMES,
  KEEP_BYTES_MIN,
  NODE_NAME_CHARS_MAX,
  USUAL_TIMES,
  WAN_TIMES,
} from "../../core/data/limits.ts";
import { UDP_PREFIX } from "../../core/data/address.ts";
import { isName } from "../../core/wire/line.ts";
import type { Times } from "../../core/data/config.ts";
import { UsageError } from "./exit.ts";
import {
  readAddress,
  readBytes,
  readChoice,
  readCount,
  readListen,
  readPath,
  readSeconds,
  readSwitch,
  readText,
  readTopic,
} from "./values.ts";

/** The name of a node: one word. */
function readName(text: string): string {
  if (isName(text)) return text;
  throw new UsageError(
    `allowed are at most ${NODE_NAME_CHARS_MAX} characters without spaces and control characters`,
  );
}

/** An address that a node may dial, or be dialled at: also one for datagrams. */
function readNodeAddress(text: string): string {
  if (!text.startsWith(UDP_PREFIX)) return readAddress(text);
  return UDP_PREFIX + readAddress(text.slice(UDP_PREFIX.length));
}

const COUNT_MAX = 1_000_000_000;

export const helpFlags = {
  help: { short: "h", no_env: true, help: "show this help", read: readSwitch },
} as const;

export const joinFlag = {
  join: {
    value: "HOST:PORT",
    many: true,
    help: "a node to join; several are tried in turn (default: your own on this machine)",
    read: readAddress,
  },
} as const;

export const networkFlag = {
  network: {
    value: "NAME",
    help: "nodes of other networks are refused (default: rumor)",
    read: readText,
  },
} as const;

export const jsonFlag = {
  json: { help: "print one JSON object a line", read: readSwitch },
} as const;

export const topicFlag = {
  topic: { value: "T", help: "the stream of lines (default: chat)", read: readTopic },
} as const;

export const historyFlag = {
  history: {
    value: "N",
    help: "print at most N lines from before (default: all that are kept)",
    read: readCount(0, COUNT_MAX),
  },
} as const;

export const timeoutFlag = {
  timeout: {
    value: "S",
    help: "seconds to wait for acknowledgement (default: 10)",
    read: readSeconds,
  },
} as const;

export const ackFlag = {
  ack: {
    value: "N",
    help: "wait until N nodes hold it (default: 1, the node that was joined)",
    read: readCount(1, 1_000),
  },
} as const;

export const encodingFlag = {
  encoding: {
    value: "NAME",
    help: "utf-8, or base64 to send lines of any bytes (default: utf-8)",
    read: readChoice("utf-8", "base64"),
  },
} as const;

export const nameFlag = {
  name: {
    value: "NAME",
    help: "what others call this node; the id tells it apart",
    read: readName,
  },
} as const;

/** What every node takes. */
export const nodeFlags = {
  join: {
    ...joinFlag.join,
    help: "a node to join, also udp:HOST:PORT; may be given several times, tried in turn",
    read: readNodeAddress,
  },
  listen: {
    value: "HOST:PORT",
    help: "where to accept connections (default: 0.0.0.0:0)",
    read: readListen,
  },
  advertise: {
    value: "HOST:PORT",
    help: "what others should dial (default: found out)",
    read: readNodeAddress,
  },
  transport: {
    value: "KIND",
    help: "listen for tcp, udp or both (default: tcp)",
    read: readChoice("tcp", "udp", "both"),
  },
  mtu: {
    value: "BYTES",
    help: "most bytes of a datagram, 576 to 65000 (default: 1200)",
    read: readCount(DATAGRAM_BYTES_MIN, DATAGRAM_BYTES_MAX),
  },
  tracker: {
    value: "HOST:PORT",
    many: true,
    help: "a meeting point that says whom to join (see rumor tracker)",
    read: readAddress,
  },
  ...nameFlag,
  ...networkFlag,
  ...jsonFlag,
  ...historyFlag,
  data: {
    value: "DIR",
    help: "keep everything there, and go on from there after a restart",
    read: readPath,
  },
  "keep-open": { short: "k", help: "stay after the end of input", read: readSwitch },
  "keep-bytes": {
    value: "BYTES",
    help: "kept for late joiners, of topics that are not kept whole; at least 1M (default: 64M)",
    read: readBytes(KEEP_BYTES_MIN),
  },
  ...timeoutFlag,
  spread: {
    value: "HOW",
    help: "tree, flood: on all links, or gossip: on some at random (default: tree)",
    read: readChoice("flood", "gossip", "tree"),
  },
  overlay: {
    value: "KIND",
    help: "fingers, ring: the next ten peers only, or given: only --join (default: fingers)",
    read: readChoice("fingers", "ring", "given"),
  },
  batch: {
    value: "MS",
    help: `hold lines back for up to MS milliseconds, 1 to ${BATCH_MS_MAX}: fewer, larger messages`,
    read: readCount(1, BATCH_MS_MAX),
  },
  fast: { help: "miss peers sooner: for one machine or one room", read: readSwitch },
  wan: { help: "miss peers later: for slow and lossy networks", read: readSwitch },
  ping: { value: "S", help: "ping a link on which nothing came for S seconds", read: readSeconds },
  silence: {
    value: "S",
    help: "close a link on which nothing came for S seconds",
    read: readSeconds,
  },
  suspect: {
    value: "S",
    help: "give a suspect S seconds to show that it lives",
    read: readSeconds,
  },
} as const;

/** How soon somebody is missed, from the flags; throws a `UsageError` where they contradict. */
export function readTimes(
  given: {
    readonly fast?: boolean;
    readonly wan?: boolean;
    readonly ping?: number;
    readonly silence?: number;
    readonly suspect?: number;
  },
): Times {
  if (given.fast && given.wan) throw new UsageError("--fast and --wan exclude each other");
  const preset = given.fast ? FAST_TIMES : given.wan ? WAN_TIMES : USUAL_TIMES;
  const times = {
    ping_ms: given.ping ?? preset.ping_ms,
    silence_ms: given.silence ?? preset.silence_ms,
    suspect_ms: given.suspect ?? preset.suspect_ms,
  };
  if (times.silence_ms >= 2 * times.ping_ms) return times;
  throw new UsageError("--silence must be at least twice --ping, or an idle link would be closed");
}
