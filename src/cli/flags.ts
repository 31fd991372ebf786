/** Flags that several commands share. */

import { KEEP_BYTES_MIN } from "../core/limits.ts";
import {
  readAddress,
  readBytes,
  readChoice,
  readCount,
  readListen,
  readSeconds,
  readSwitch,
  readText,
  readTopic,
} from "./args.ts";

const COUNT_MAX = 1_000_000_000;

export const helpFlags = {
  help: { short: "h", no_env: true, help: "show this help", read: readSwitch },
} as const;

export const joinFlag = {
  join: {
    value: "HOST:PORT",
    many: true,
    help: "a node to join; may be given several times, tried in turn",
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

/** What every node takes. */
export const nodeFlags = {
  ...joinFlag,
  listen: {
    value: "HOST:PORT",
    help: "where to accept connections (default: 0.0.0.0:0)",
    read: readListen,
  },
  advertise: {
    value: "HOST:PORT",
    help: "what others should dial (default: found out)",
    read: readAddress,
  },
  ...networkFlag,
  ...jsonFlag,
  ...historyFlag,
  "keep-open": { short: "k", help: "stay after the end of input", read: readSwitch },
  "keep-bytes": {
    value: "BYTES",
    help: "kept for late joiners, all topics but ledger; at least 1M (default: 64M)",
    read: readBytes(KEEP_BYTES_MIN),
  },
  ...timeoutFlag,
} as const;
