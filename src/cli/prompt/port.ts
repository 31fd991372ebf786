/** The terminal that the program runs on, as far as the prompt needs it. */

import { stderr } from "../output/stderr.ts";

/** What a terminal can do. `write` is synchronous, so that output keeps its order. */
export interface TerminalPort {
  read(): Promise<Uint8Array | null>;
  write(bytes: Uint8Array): void;
  columns(): number;
  rows(): number;
  setRaw(on: boolean): void;
  /** Calls back when the terminal has another size, until the returned function is called. */
  watchSize(onChange: () => void): () => void;
}

/** The terminal that the program was started on: keys from stdin, the prompt on stderr. */
export function stdioPort(): TerminalPort {
  const buffer = new Uint8Array(65_536);
  return {
    async read() {
      const count = await Deno.stdin.read(buffer);
      return count === null ? null : buffer.slice(0, count);
    },
    write: (bytes) => stderr.writeNow(bytes),
    columns: () => consoleSize().columns,
    rows: () => consoleSize().rows,
    setRaw: (on) => Deno.stdin.setRaw(on, { cbreak: false }),
    watchSize,
  };
}

/** Some terminals do not say how large they are, or say 0. */
function consoleSize(): { columns: number; rows: number } {
  try {
    const { columns, rows } = Deno.consoleSize();
    return { columns: columns || 80, rows: rows || 24 };
  } catch {
    return { columns: 80, rows: 24 };
  }
}

/** Not everywhere is there a signal for it; then the next key paints the line as it fits. */
function watchSize(onChange: () => void): () => void {
  try {
    Deno.addSignalListener("SIGWINCH", onChange);
  } catch {
    return () => {};
  }
  return () => Deno.removeSignalListener("SIGWINCH", onChange);
}
