/** Time as connections see it, so that tests can have their own. */

export interface Clock {
  /** Milliseconds since some moment; never goes back. */
  now_ms(): number;
  /** Calls once after a time; gives what takes it back. */
  after(ms: number, call: () => void): () => void;
  /** Calls again and again; gives what ends it. */
  every(ms: number, call: () => void): () => void;
}

export const REAL_CLOCK: Clock = {
  now_ms: () => performance.now(),
  after(ms, call) {
    const timer = setTimeout(call, ms);
    return () => clearTimeout(timer);
  },
  every(ms, call) {
    const timer = setInterval(call, ms);
    return () => clearInterval(timer);
  },
};
