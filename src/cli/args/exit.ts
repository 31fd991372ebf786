/** How a command ended; only main.ts exits. */

export const EXIT = {
  done: 0,
  /** Something failed or was refused. */
  failed: 1,
  usage: 2,
  /** No peer could be reached. */
  unreachable: 69,
  /** Not acknowledged in time. */
  unacknowledged: 75,
  interrupted: 130,
  /** Ended by SIGHUP: the terminal is gone. */
  hung_up: 129,
  /** Ended by SIGTERM, in the shell's way of saying it. */
  terminated: 143,
} as const;

/** A mistake on the command line: one line that says what is allowed. */
export class UsageError extends Error {
  override name = "UsageError";
}
