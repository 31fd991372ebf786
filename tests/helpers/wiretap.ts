/** Listens on the way between nodes, and looks for what must not be read there, nor be stored. */

const encoder = new TextEncoder();
/** Each byte is a character of its own, so that text is found beside bytes that are none. */
const latin1 = new TextDecoder("latin1");

/** Keeps all bytes that pass, each stream for itself. */
export class Wiretap {
  readonly #streams = new Map<unknown, Uint8Array[]>();

  /** Notes bytes; `stream` is whatever tells one stream from another. */
  note(stream: unknown, bytes: Uint8Array): void {
    const heard = this.#streams.get(stream) ?? [];
    heard.push(bytes.slice());
    this.#streams.set(stream, heard);
  }

  /** Whether any stream carried any of these texts. */
  heard(texts: readonly string[]): boolean {
    return [...this.#streams.values()].some((chunks) => {
      const all = chunks.map((chunk) => latin1.decode(chunk)).join("");
      return texts.some((text) => all.includes(text));
    });
  }
}

/** The files of a folder, and of those in it, that hold any of these texts. */
export function filesWith(folder: string, texts: readonly string[]): string[] {
  const found: string[] = [];
  for (const { name, isDirectory } of Deno.readDirSync(folder)) {
    const path = `${folder}/${name}`;
    if (isDirectory) found.push(...filesWith(path, texts));
    else {
      const all = latin1.decode(Deno.readFileSync(path));
      if (texts.some((text) => all.includes(text))) found.push(path);
    }
  }
  return found;
}

/** A text as it is, and inside of base64 of either alphabet, wherever it begins in there. */
export function disguisesOf(text: string): string[] {
  const bytes = latin1.decode(encoder.encode(text));
  const encoded = [0, 1, 2].map((before) => {
    const whole = btoa("x".repeat(before) + bytes).replace(/=+$/, "");
    // The first and the last characters also hold bits of what is around.
    return whole.slice(Math.ceil(before * 8 / 6), -1);
  });
  return [bytes, ...encoded, ...encoded.map((one) => one.replace(/\+/g, "-").replace(/\//g, "_"))];
}
