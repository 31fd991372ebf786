/** One socket of a direct connection: lines and raw bytes in, bytes out. */

/** What the other end does wrong, or that it is gone: a few words for the user. */
export class WireError extends Error {
  override name = "WireError";
}

const NEWLINE = 0x0a;
/** Room for what is read beside the longest line. */
const SPARE_BYTES = 16_384;

export class Wire {
  readonly host: string;
  /** Bytes that came so far. */
  heard_bytes = 0;
  /** Bytes that the system took so far. */
  written_bytes = 0;
  readonly #conn: Deno.TcpConn;
  readonly #line_bytes_max: number;
  #buffer: Uint8Array<ArrayBuffer>;
  #from = 0;
  #to = 0;

  /** Lines that are longer than `line_bytes_max` are refused. */
  constructor(conn: Deno.TcpConn, line_bytes_max: number) {
    this.#conn = conn;
    this.#line_bytes_max = line_bytes_max;
    this.#buffer = new Uint8Array(line_bytes_max + SPARE_BYTES);
    this.host = conn.remoteAddr.hostname;
    try {
      conn.setNoDelay(true);
    } catch {
      // The other end is gone already; reading will say so.
    }
  }

  /** The next line without its newline, valid until the next call; null at the end. */
  async readLine(): Promise<Uint8Array | null> {
    // What was looked at is not looked at again, though a line may come byte by byte.
    for (let looked = this.#from;;) {
      const end = this.#buffer.subarray(0, this.#to).indexOf(NEWLINE, looked);
      if ((end < 0 ? this.#to : end) - this.#from > this.#line_bytes_max) {
        throw new WireError("it sent a line that is too long");
      }
      if (end >= 0) {
        const line = this.#buffer.subarray(this.#from, end);
        this.#from = end + 1;
        return line;
      }
      this.#buffer.copyWithin(0, this.#from, this.#to);
      this.#to -= this.#from;
      this.#from = 0;
      looked = this.#to;
      const count = await this.#read(this.#buffer.subarray(this.#to));
      if (count === null && this.#to > 0) throw new WireError("it stopped within a line");
      if (count === null) return null;
      this.#to += count;
    }
  }

  /** Fills `into` with the bytes that come next. */
  async readInto(into: Uint8Array): Promise<void> {
    let filled = Math.min(this.#to - this.#from, into.length);
    into.set(this.#buffer.subarray(this.#from, this.#from + filled));
    this.#from += filled;
    while (filled < into.length) {
      const count = await this.#read(into.subarray(filled));
      if (count === null) throw new WireError("it stopped within chunks");
      filled += count;
    }
  }

  /** Resolves with their number when the system has taken all bytes; one call at a time. */
  async write(bytes: Uint8Array): Promise<number> {
    for (let at = 0; at < bytes.length;) {
      const count = await this.#conn.write(at === 0 ? bytes : bytes.subarray(at));
      at += count;
      this.written_bytes += count;
    }
    return bytes.length;
  }

  /** What is under way then fails. */
  close(): void {
    try {
      this.#conn.close();
    } catch {
      // Closed already.
    }
  }

  async #read(into: Uint8Array): Promise<number | null> {
    const count = await this.#conn.read(into);
    this.heard_bytes += count ?? 0;
    return count;
  }
}
