/** Where what a node prints goes: to stdout, but what is no transaction does not mix with those. */

import type { Printed } from "../../core/types.ts";
import { Outbox } from "../../shell/outbox.ts";
import { type Format, formatRecords } from "./format.ts";
import type { Output } from "./output.ts";

export class Printer {
  readonly #output: Output;
  readonly #format: Format;
  /** What is written to stderr; null where everything goes to stdout. */
  readonly #beside: Outbox | null;

  /** With `apart`, private messages go to stderr. */
  constructor(output: Output, format: Format, apart: boolean) {
    this.#output = output;
    this.#format = format;
    const sink = { write: (bytes: Uint8Array) => Deno.stderr.write(bytes) };
    // A stderr that nobody reads is nobody's problem.
    this.#beside = apart ? new Outbox(sink, () => {}) : null;
  }

  /** Writes records; resolves when they are written or nobody reads any more. */
  async write(records: readonly Printed[]): Promise<void> {
    const { out, beside } = this.#bytes(records);
    if (beside.length > 0) this.#beside!.push([beside]);
    await this.#output.write(out);
    await this.#beside?.flush();
  }

  /** Writes records at once, for a terminal. */
  writeNow(records: readonly Printed[]): void {
    const { out, beside } = this.#bytes(records);
    this.#output.writeNow(out);
    try {
      for (let at = 0; at < beside.length;) at += Deno.stderr.writeSync(beside.subarray(at));
    } catch {
      // As above.
    }
  }

  #bytes(records: readonly Printed[]): { out: Uint8Array; beside: Uint8Array } {
    if (this.#beside === null) {
      return { out: formatRecords(records, this.#format), beside: new Uint8Array(0) };
    }
    const isPrivate = ({ kind }: Printed) => kind === "private";
    return {
      out: formatRecords(records.filter((record) => !isPrivate(record)), this.#format),
      // Nothing on stderr commands a terminal.
      beside: formatRecords(records.filter(isPrivate), { ...this.#format, shown: true }),
    };
  }
}
