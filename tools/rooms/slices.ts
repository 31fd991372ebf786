/** What each room owns: the fields of its slice, and those of `NodeState`. */

import ts from "typescript";
import { SLICE_FILE } from "../room_list.ts";
import { ownerOf, roomOf } from "../walls.ts";
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

const STATE_FILE = "src/core/turn/state.ts";
const STATE = "NodeState";

function exportedInterfaces(sources: Sources, path: string): ts.InterfaceDeclaration[] {
  const isExport = (node: ts.Node) => node.kind === ts.SyntaxKind.ExportKeyword;
  return sources.tree(path).statements.filter(ts.isInterfaceDeclaration)
    .filter((node: ts.InterfaceDeclaration) => node.modifiers?.some(isExport));
}

/** Whether a type is made of others, as `Map<Id, Link>` and lists are. */
function isReference(type: ts.Type): type is ts.TypeReference {
  const { objectFlags } = type as ts.ObjectType;
  return (objectFlags & ts.ObjectFlags.Reference) !== 0;
}

/** Collects the interfaces that are watched. */
class Collector {
  readonly #checker: ts.TypeChecker;
  readonly #seen = new Set<ts.Type>();
  readonly slices: Slice[] = [];
  readonly faults: string[] = [];
  readonly declared = new Map<ts.Node, Field>();

  constructor(readonly sources: Sources) {
    this.#checker = sources.checker;
  }

  /** Watches the fields of an interface; what it inherits counts as its own. */
  add(kind: Slice["kind"], path: string, type: ts.Type): void {
    this.#seen.add(type);
    const properties: readonly ts.Symbol[] = type.getProperties();
    const fields = properties.map(({ name }) => name);
    const slice = { kind, room: ownerOf(path), name: type.symbol.name, path, fields };
    this.slices.push(slice);
    for (const { name, declarations } of properties) {
      for (const node of declarations ?? []) {
        if (!this.declared.has(node)) this.declared.set(node, { slice, field: name });
      }
    }
  }

  /** Watches the records of the core that are in a value of this type, however deep. */
  addRecords(type: ts.Type): void {
    if (this.#seen.has(type)) return;
    this.#seen.add(type);
    if (type.isUnionOrIntersection()) { for (const part of type.types) this.addRecords(part); }
    if (isReference(type)) {
      for (const part of this.#checker.getTypeArguments(type)) this.addRecords(part);
    }
    const declaration = type.symbol?.declarations?.find(ts.isInterfaceDeclaration);
    const path = declaration === undefined ? null : this.sources.pathOf(declaration);
    if (path === null || roomOf(path) === null) return;
    this.add("record", path, type);
    this.addFields(type);
  }

  addFields(type: ts.Type): void {
    for (const field of type.getProperties()) {
      const { valueDeclaration } = field;
      if (valueDeclaration === undefined) continue;
      this.addRecords(this.#checker.getTypeOfSymbolAtLocation(field, valueDeclaration));
    }
  }

  typeOf(declaration: ts.InterfaceDeclaration): ts.Type {
    return this.#checker.getTypeAtLocation(declaration.name);
  }
}

/** The slices of all rooms, `NodeState`, and the records in them. */
export function slicesOf(sources: Sources): Slices {
  const collector = new Collector(sources);
  const { slices, faults, declared } = collector;
  const owners: ts.Type[] = [];
  const add = (kind: Slice["kind"], path: string, declaration: ts.InterfaceDeclaration) => {
    const type = collector.typeOf(declaration);
    owners.push(type);
    collector.add(kind, path, type);
  };
  for (const room of roomFolders(sources.paths)) {
    const path = `src/core/${room}/${SLICE_FILE}`;
    if (!sources.paths.includes(path)) continue;
    const found = exportedInterfaces(sources, path);
    if (found.length === 1) add("slice", path, found[0]);
    else faults.push(`${path} exports ${found.length} interfaces: it must export one, the slice`);
  }
  if (sources.paths.includes(STATE_FILE)) {
    const state = exportedInterfaces(sources, STATE_FILE).find(({ name }) => name.text === STATE);
    if (state !== undefined) add("state", STATE_FILE, state);
    else faults.push(`${STATE_FILE} exports no interface ${STATE}`);
  }
  for (const type of owners) collector.addFields(type);
  return { slices, declared, faults };
}
