/** The program's source files, parsed and with their types. */

import ts from "typescript";
import type { Place } from "./facts.ts";

/** Where the compiler believes that the project lies, on every system. */
const ROOT = "/project/";

/** What the compiler says of a set of source files. */
export interface Sources {
  /** Project paths, sorted. */
  readonly paths: readonly string[];
  readonly checker: ts.TypeChecker;
  /** The syntax of a file; throws where there is none of that path. */
  readonly tree: (path: string) => ts.SourceFile;
  /** The path of the file that a syntax node stands in, or null where that is not of the project. */
  readonly pathOf: (node: ts.Node) => string | null;
}

/** The place of a syntax node. */
export function placeOf(path: string, node: ts.Node, what: string): Place {
  const tree = node.getSourceFile();
  return { path, line: tree.getLineAndCharacterOfPosition(node.getStart(tree)).line + 1, what };
}

/** Visits a syntax node and all below it, in the order of the source. */
export function walk(node: ts.Node, visit: (node: ts.Node) => void): void {
  visit(node);
  ts.forEachChild(node, (child: ts.Node) => walk(child, visit));
}

/** The texts of main.ts and of all TypeScript files in src, by their project paths. */
export function readSources(rootUrl: URL): Map<string, string> {
  const texts = new Map<string, string>();
  const add = (path: string) => texts.set(path, Deno.readTextFileSync(new URL(path, rootUrl)));
  const addFolder = (folder: string) => {
    for (const { name, isDirectory } of Deno.readDirSync(new URL(folder, rootUrl))) {
      if (isDirectory) addFolder(`${folder}${name}/`);
      else if (name.endsWith(".ts")) add(`${folder}${name}`);
    }
  };
  add("main.ts");
  addFolder("src/");
  return texts;
}

/** The standard library's declarations, which never change, parsed once a process. */
const libraries = new Map<string, ts.SourceFile | undefined>();

function library(name: string, target: ts.ScriptTarget): ts.SourceFile | undefined {
  if (!libraries.has(name)) {
    const text = ts.sys.readFile(name);
    libraries.set(name, text === undefined ? undefined : ts.createSourceFile(name, text, target));
  }
  return libraries.get(name);
}

/** Parses texts, by their project paths, and resolves what they import from each other. */
export function compile(texts: ReadonlyMap<string, string>): Sources {
  const options: ts.CompilerOptions = {
    target: ts.ScriptTarget.ESNext,
    module: ts.ModuleKind.ESNext,
    moduleResolution: ts.ModuleResolutionKind.Bundler,
    allowImportingTsExtensions: true,
    noEmit: true,
    strict: true,
    skipLibCheck: true,
    types: [],
    lib: ["lib.esnext.d.ts"],
  };
  const inProject = (name: string) => name.startsWith(ROOT) ? name.slice(ROOT.length) : null;
  const textOf = (name: string) => texts.get(inProject(name) ?? "");
  const parse = (name: string, target: ts.ScriptTarget) => {
    const text = textOf(name);
    if (text !== undefined) return ts.createSourceFile(name, text, target, true);
    return inProject(name) === null ? library(name, target) : undefined;
  };
  const host: ts.CompilerHost = {
    getSourceFile: (name: string) => parse(name, ts.ScriptTarget.ESNext),
    getDefaultLibFileName: (given: ts.CompilerOptions) => ts.getDefaultLibFilePath(given),
    getCurrentDirectory: () => ROOT,
    getCanonicalFileName: (name: string) => name,
    useCaseSensitiveFileNames: () => true,
    getNewLine: () => "\n",
    fileExists: (name: string) => textOf(name) !== undefined,
    readFile: textOf,
    directoryExists: (name: string) => `${name}/`.startsWith(ROOT),
    writeFile: () => {},
  };
  const paths = [...texts.keys()].sort();
  const program = ts.createProgram(paths.map((path) => ROOT + path), options, host);
  return {
    paths,
    checker: program.getTypeChecker(),
    tree: (path) => {
      const tree = program.getSourceFile(ROOT + path);
      if (tree === undefined) throw new Error(`there is no source file ${path}`);
      return tree;
    },
    pathOf: (node) => inProject(node.getSourceFile().fileName),
  };
}
