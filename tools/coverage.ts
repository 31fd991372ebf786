// Measures how much of src/core the tests run: `deno task coverage`.

import { join, relative } from "node:path";
import { fileURLToPath, pathToFileURL } from "node:url";

const ROOT = fileURLToPath(new URL("..", import.meta.url));
const CORE = "src/core/";
const TEST_FOLDERS = ["tests/unit", "tests/laws", "tests/golden", "tests/sim"];
const APP_TESTS = "tests/apps";
const LINES_MIN_PERCENT = 95;

/** How many of a file's lines can run, and which of them no test ran. */
export interface FileCoverage {
  path: string;
  lines: number;
  missed: number[];
}

/** The files of an LCOV report, sorted; paths are as the report has them. */
export function parseLcov(report: string): FileCoverage[] {
  const files = new Map<string, Map<number, number>>();
  let hits = new Map<number, number>();
  for (const line of report.split(/\r?\n/)) {
    if (line.startsWith("SF:")) {
      const path = line.slice(3);
      hits = files.get(path) ?? new Map();
      files.set(path, hits);
    } else if (line.startsWith("DA:")) {
      const [number, count] = line.slice(3).split(",").map(Number);
      // A file may be reported by several test processes.
      hits.set(number, Math.max(count, hits.get(number) ?? 0));
    }
  }
  return [...files].map(([path, byLine]) => ({
    path,
    lines: byLine.size,
    missed: [...byLine].filter(([, count]) => count === 0).map(([n]) => n).sort((a, b) => a - b),
  })).sort((a, b) => a.path < b.path ? -1 : 1);
}

/** The share of the lines that ran, in percent; of no lines everything ran. */
export function percent(files: readonly FileCoverage[]): number {
  const lines = files.reduce((sum, file) => sum + file.lines, 0);
  const missed = files.reduce((sum, file) => sum + file.missed.length, 0);
  return lines === 0 ? 100 : 100 * (lines - missed) / lines;
}

/** Line numbers as a person writes them: `3-5, 9`. */
export function ranges(numbers: readonly number[]): string {
  const found: [number, number][] = [];
  for (const number of numbers) {
    const last = found.at(-1);
    if (last !== undefined && last[1] === number - 1) last[1] = number;
    else found.push([number, number]);
  }
  return found.map(([from, to]) => from === to ? `${from}` : `${from}-${to}`).join(", ");
}

/** One line a file, the total last. */
export function table(files: readonly FileCoverage[]): string[] {
  const total = { path: `${CORE} total`, lines: 0, missed: [] };
  const width = Math.max(...[...files, total].map((file) => file.path.length));
  const row = (path: string, value: number, note: string) =>
    // Rounded down, so that 95.0 % is never printed for a total that fails.
    `${path.padEnd(width)}  ${(Math.floor(value * 10) / 10).toFixed(1).padStart(5)} %${note}`;
  const note = (file: FileCoverage) =>
    file.missed.length === 0 ? "" : `  missed: ${ranges(file.missed)}`;
  return [
    ...files.map((file) => row(file.path, percent([file]), note(file))),
    row(total.path, percent(files), ""),
  ];
}

function print(line: string, to: typeof Deno.stdout | typeof Deno.stderr = Deno.stdout): void {
  to.writeSync(new TextEncoder().encode(`${line}\n`));
}

/** Every TypeScript file below a folder of the project. */
function sources(folder: string): string[] {
  const found: string[] = [];
  let entries: Deno.DirEntry[] = [];
  try {
    entries = [...Deno.readDirSync(join(ROOT, folder))];
  } catch (error) {
    if (!(error instanceof Deno.errors.NotFound)) throw error;
  }
  for (const { name, isDirectory } of entries) {
    if (isDirectory) found.push(...sources(join(folder, name)));
    else if (name.endsWith(".ts")) found.push(join(folder, name));
  }
  return found.sort();
}

/** Whether a test of an app starts processes, by its name: what runs in those is not measured. */
export function startsProcesses(path: string): boolean {
  return /[/\\](e2e|hostile|process)(_\w+)?_test\.ts$/.test(path);
}

/** Runs the tests, collects what they ran into a folder, and returns whether they passed. */
async function runTests(profile: string, extraFile: string): Promise<boolean> {
  const isTest = (path: string) => /(^|[._/\\])test\.ts$/.test(path);
  const folders = TEST_FOLDERS.filter((folder) => sources(folder).some(isTest));
  const of_apps = sources(APP_TESTS).filter((path) => isTest(path) && !startsProcesses(path));
  const collect = ["--parallel", `--coverage=${profile}`, "--coverage-raw-data-only"];
  const { success } = await new Deno.Command(Deno.execPath(), {
    // `deno task test` has checked the types.
    args: ["test", "-A", "--no-check", ...collect, ...folders, ...of_apps, extraFile],
    cwd: ROOT,
    stdin: "null",
  }).spawn().status;
  return success;
}

/** The coverage of the files in src/core, from what the tests left behind. */
async function report(profile: string): Promise<FileCoverage[]> {
  const { success, stdout } = await new Deno.Command(Deno.execPath(), {
    args: ["coverage", "--lcov", profile],
    cwd: ROOT,
    stderr: "inherit",
  }).output();
  if (!success) throw new Error("deno coverage failed");
  return parseLcov(new TextDecoder().decode(stdout))
    .map((file) => ({ ...file, path: relative(ROOT, file.path).replaceAll("\\", "/") }))
    .filter((file) => file.path.startsWith(CORE));
}

async function main(): Promise<number> {
  const folder = await Deno.makeTempDir({ prefix: "rumor-coverage-" });
  try {
    // A file that no test imports would otherwise be missing from the report, not at 0 %.
    const everyFile = join(folder, "every_file_test.ts");
    const imports = sources(CORE).map((path) => `import "${pathToFileURL(join(ROOT, path))}";\n`);
    await Deno.writeTextFile(everyFile, imports.join(""));
    const passed = await runTests(join(folder, "profile"), everyFile);
    const files = await report(join(folder, "profile"));
    for (const line of table(files)) print(line);
    if (!passed) print("error: tests failed", Deno.stderr);
    const enough = files.length > 0 && percent(files) >= LINES_MIN_PERCENT;
    if (!enough) {
      print(`error: less than ${LINES_MIN_PERCENT} % of the lines of ${CORE} ran`, Deno.stderr);
    }
    return passed && enough ? 0 : 1;
  } finally {
    await Deno.remove(folder, { recursive: true });
  }
}

if (import.meta.main) Deno.exit(await main());
