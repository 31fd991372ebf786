/**
 * docs/protocol.md is checked against the source: its examples decode as what they claim to be, and
 * are signed, chained and proved; every word on the wire and every limit in it is the program's own.
 */

import { assert, assertEquals } from "@std/assert";
import { decodeEntry, type Entry, hashedBytes, signedBytes } from "../../../src/core/log/entry.ts";
import * as core_limits from "../../../src/core/data/limits.ts";
import * as files_limits from "../../../src/apps/files/limits.ts";
import * as tracker_limits from "../../../src/tracker/limits.ts";
import { decodeLine, type Line, proofText } from "../../../src/core/wire/line.ts";
import {
  decodeAck,
  decodeParcel,
  encodeParcel,
  sealContext,
} from "../../../src/core/unicast/packets.ts";
import { sha256, Verifier } from "../../../src/shell/crypto/crypto.ts";
import { Sealer } from "../../../src/shell/crypto/sealer.ts";
import { privateKey } from "../../../src/sim/real_crypto.ts";

const ROOT = new URL("../../../", import.meta.url);
const encoder = new TextEncoder();
const verifier = new Verifier();
const page = read("docs/protocol.md");
const limits = { ...core_limits, ...tracker_limits, ...files_limits };

function read(path: string): string {
  return Deno.readTextFileSync(new URL(path, ROOT)).replaceAll("\r\n", "\n");
}

/** The lines of all fenced blocks whose first words are these; what stands behind is given, too. */
function examples(tag: string): { kind: string; lines: string[] }[] {
  const blocks = page.matchAll(new RegExp(`^\`\`\`${tag} ?(.*)\n([^]*?)^\`\`\`$`, "gm"));
  return [...blocks].map(([, kind, text]) => ({ kind, lines: text.split("\n").slice(0, -1) }));
}

/** Every line of the protocol on the page: who sent it, where that is told, and its bytes. */
function wireLines(): { kind: string; from: string; text: string }[] {
  const single = examples("jsonl").flatMap(({ kind, lines }) =>
    lines.map((text) => ({ kind, from: "", text }))
  );
  const sessions = examples("text session").flatMap(({ lines }) =>
    lines.map((line) => {
      const [, from, text] = /^([<>]) (\{.*)$/.exec(line) ?? [];
      assert(text !== undefined, line);
      return { kind: text.startsWith('{"o":') ? "entry" : JSON.parse(text).k, from, text };
    })
  );
  return [...single, ...sessions];
}

function entries(): Entry[] {
  return wireLines().filter(({ kind }) => kind === "entry").map(({ text }) => {
    const entry = decodeEntry(encoder.encode(text));
    assert(typeof entry !== "string", `${entry}: ${text}`);
    return entry;
  });
}

/** All code words in a file that a pattern finds. */
function wordsOf(path: string, pattern: RegExp): string[] {
  return [...read(path).matchAll(pattern)].map(([, word]) => word);
}

function coreFiles(folder = "src/core/"): string[] {
  return [...Deno.readDirSync(new URL(folder, ROOT))].flatMap(({ name, isDirectory }) =>
    isDirectory ? coreFiles(`${folder}${name}/`) : [`${folder}${name}`]
  );
}

Deno.test("docs/protocol.md shows lines that decode as what they claim to be", () => {
  const lines = wireLines();
  assert(lines.length > 50);
  for (const { kind, text } of lines) {
    if (kind === "entry") continue;
    const line = decodeLine(encoder.encode(text));
    assert(typeof line !== "string", `${line}: ${text}`);
    assertEquals(line.k, kind);
  }
});

Deno.test("docs/protocol.md shows entries with good signatures", () => {
  for (const entry of entries()) {
    const is_good = verifier.check(entry.origin, signedBytes(entry), entry.signature);
    assert(is_good, new TextDecoder().decode(entry.line));
  }
});

Deno.test("docs/protocol.md shows entries that are chained", () => {
  const all = new Map(
    entries().map((entry) => [`${entry.origin} ${entry.topic} ${entry.seq}`, entry]),
  );
  let pairs = 0;
  for (const { origin, topic, seq, previous, first } of all.values()) {
    const before = all.get(`${origin} ${topic} ${seq - 1}`);
    if (before === undefined) continue;
    assertEquals(previous, sha256(hashedBytes(before.line)));
    assertEquals(first, before.first + before.items.length);
    pairs++;
  }
  assert(pairs >= 3);
});

Deno.test("docs/protocol.md shows a greeting with good proofs", () => {
  const [session] = examples("text session");
  const said = (from: string, kind: string) => {
    const line = session.lines.find((line) => line.startsWith(`${from} {"k":"${kind}"`));
    return JSON.parse(line!.slice(2));
  };
  for (const [from, to] of ["<>", "><"]) {
    const prover = said(from, "hello"), other = said(to, "hello"), { z } = said(from, "proof");
    const bytes = proofText(prover.network, other.nonce, prover.id, other.id);
    assert(verifier.check(prover.id, bytes, z));
  }
  const [{ lines }] = examples("text proof");
  const { id, network } = said("<", "hello"), { nonce, id: other } = said(">", "hello");
  assertEquals(lines.join("\n"), new TextDecoder().decode(proofText(network, nonce, id, other)));
});

Deno.test("docs/protocol.md shows acknowledgements that count every byte", () => {
  for (const { lines } of examples("text session")) {
    const taken: Record<string, number> = { "<": 0, ">": 0 };
    for (const line of lines) {
      const from = line[0], text = line.slice(2);
      if (text.startsWith('{"o":')) taken[from] += encoder.encode(text).length + 1;
      const { k, n } = JSON.parse(text);
      if (k === "have" && n !== undefined) assertEquals(n, taken[from === "<" ? ">" : "<"], text);
    }
  }
});

Deno.test("docs/protocol.md describes and shows every kind of line", () => {
  const kinds = new Set(wordsOf("src/core/wire/line.ts", /readonly k: "([a-z]+)"/g) as Line["k"][]);
  assert(kinds.size > 10);
  const shown = new Set(wireLines().map(({ kind }) => kind));
  for (const kind of kinds) {
    assert(page.includes(`\`${kind}\``), `${kind} is not described`);
    assert(shown.has(kind), `${kind} is not shown`);
  }
});

Deno.test("docs/protocol.md describes every code of a goodbye", () => {
  const said = [...coreFiles(), ...coreFiles("src/tracker/")].flatMap((path) =>
    wordsOf(path, /close\([^,()]+, "([a-z-]+)"/g)
  );
  const faults = ["src/core/wire/line.ts", "src/core/log/entry.ts"]
    .flatMap((path) => wordsOf(path, /^ {2}\| "([a-z0-9-]+)"/gm))
    .filter((code) => code !== "unknown-kind");
  const garbled = wordsOf("src/shell/net/stream.ts", /garbled\(this, "([a-z-]+)"/g);
  assert(said.length > 8 && faults.length > 8 && garbled.length > 1);
  const table = page.slice(page.indexOf("| code "), page.indexOf("As they were sent"));
  const described = [...table.matchAll(/`([a-z0-9-]+)`/g)].map(([, code]) => code);
  for (const code of [...said, ...faults, ...garbled]) {
    assert(described.includes(code), `${code} is not described`);
  }
  const shown = wireLines().filter(({ kind }) => kind === "bye");
  for (const { text } of shown) {
    const { code } = JSON.parse(text);
    assert([...said, ...faults, ...garbled].includes(code), `${code} is never said`);
  }
});

Deno.test("docs/protocol.md quotes the limits of the program", () => {
  const rows = [...page.matchAll(/^\| [^|]+ \| ([\d,]+) +\| `([A-Z_]+)` +\|$/gm)];
  assert(rows.length > 30);
  const values = new Set<number>();
  for (const [, text, name] of rows) {
    const value = Number(text.replaceAll(",", ""));
    assertEquals({ [name]: value }, { [name]: limits[name as keyof typeof limits] });
    values.add(value);
  }
  // Large numbers in the text are limits, too.
  for (const [text] of page.matchAll(/\b\d{1,3}(?:,\d{3})+\b/g)) {
    assert(values.has(Number(text.replaceAll(",", ""))), `${text} is not among the limits`);
  }
});

Deno.test("docs/protocol.md shows private messages that its keys open", () => {
  const anna = new Sealer(privateKey("x25519", "01".repeat(32)));
  const ben = new Sealer(privateKey("x25519", "02".repeat(32)));
  const [message, ack] = wireLines().filter(({ kind }) => kind === "route").map(({ text }) =>
    decodeLine(encoder.encode(text)) as Extract<Line, { k: "route" }>
  );
  const open = (at: Sealer, from: Sealer, { o, to, m, n, x }: typeof message) => {
    const context = sealContext("rumor", o, to);
    return at.open({ peer: o, box: from.box, context, role: m, number: n }, x)!;
  };
  const [sealed] = examples("text sealed");
  assertEquals([new TextDecoder().decode(open(ben, anna, message))], sealed.lines);
  assertEquals(decodeAck(open(anna, ben, ack)), { last: message.n, refused: [] });
  assertEquals(decodeParcel(encoder.encode(sealed.lines.join()))!.app, "private");
  const [{ lines: [refusal] }] = examples("text acknowledgement");
  assertEquals(decodeAck(encoder.encode(refusal)), { last: 12, refused: [9, 12] });
  const [{ lines: [parcel] }] = examples("text parcel");
  const { app, ...more } = decodeParcel(encoder.encode(parcel))!;
  assertEquals(app, "weather");
  assertEquals(new TextDecoder().decode(encodeParcel({ app, ...more })), parcel);
});
