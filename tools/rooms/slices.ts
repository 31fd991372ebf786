/** What each room owns: the fields of its slice, and those of `NodeState`. */

import ts from "typescript";
import { SLICE_FILE } from "../room_list.ts";
import type { Slice } from "./facts.ts";
import { roomFolders } from "./graph.ts";
import type { Sources } from "./sources.ts";

/** A field, by the place where it is declared. */
export interface Field {
  readonly slice: Slice;
  readonly field: string;
}

/** The slices that were found, and what is wrong with the files that should declare one. */
export interface Slices {
  readonly slices: readonly Slice[];
  /** The field that a declaration in the source declares. */
  readonly declared: ReadonlyMap<ts.Node, Field>;
  readonly faults: readonly string[];
}

const STATE_FILE = "src/core/state.ts";
const STATE = "NodeState";

function exportedInterfaces(sources: Sources, path: string): ts.InterfaceDeclaration[] {
  const isExport = (node: ts.Node) => node.kind === ts.SyntaxKind.ExportKeyword;
  return sources.tree(path).statements.filter(ts.isInterfaceDeclaration)
    .filter((node: ts.InterfaceDeclaration) => node.modifiers?.some(isExport));
}

/** The slices of all rooms, and `NodeState`; what an interface inherits counts as its own. */
export function slicesOf(sources: Sources): Slices {
  const slices: Slice[] = [];
  const faults: string[] = [];
  const declared = new Map<ts.Node, Field>();
  const add = (room: string, path: string, declaration: ts.InterfaceDeclaration) => {
    const properties = sources.checker.getTypeAtLocation(declaration.name).getProperties();
    const fields = properties.map(({ name }: ts.Symbol) => name);
    const slice = { room, name: declaration.name.text, path, fields };
    slices.push(slice);
    for (const { name, declarations } of properties) {
      for (const node of declarations ?? []) declared.set(node, { slice, field: name });
    }
  };
  for (const room of roomFolders(sources.paths)) {
    const path = `src/core/${room}/${SLICE_FILE}`;
    if (!sources.paths.includes(path)) continue;
    const found = exportedInterfaces(sources, path);
    if (found.length === 1) add(room, path, found[0]);
    else faults.push(`${path} exports ${found.length} interfaces: it must export one, the slice`);
  }
  if (sources.paths.includes(STATE_FILE)) {
    const state = exportedInterfaces(sources, STATE_FILE).find(({ name }) => name.text === STATE);
    if (state !== undefined) add("state.ts", STATE_FILE, state);
    else faults.push(`${STATE_FILE} exports no interface ${STATE}`);
  }
  return { slices, declared, faults };
}
