/** Ctrl-C, SIGTERM and a closed terminal: the first leaves politely, the second ends at once. */

import { EXIT } from "../args/exit.ts";

/** Calls `onSignal` with the exit code of each signal, until the returned function is called. */
export function watchSignals(onSignal: (code: number) => void): () => void {
  const handlers: [Deno.Signal, () => void][] = [
    ["SIGINT", () => onSignal(EXIT.interrupted)],
    ["SIGTERM", () => onSignal(EXIT.terminated)],
    ["SIGHUP", () => onSignal(EXIT.hung_up)],
  ];
  const active = handlers.filter(([signal, handler]) => {
    try {
      Deno.addSignalListener(signal, handler);
      return true;
    } catch {
      // Windows knows no SIGTERM before Deno 2.8.
      return false;
    }
  });
  return () => {
    for (const [signal, handler] of active) Deno.removeSignalListener(signal, handler);
  };
}
