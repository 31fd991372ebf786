/** What each room owns: the fields of its slice, and those of `NodeState`. */

import ts from "typescript";
import { COMPOSER, SLICE_FILE } from "../room_list.ts";
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

const STATE_FILE = `src/core/${COMPOSER}/state.ts`;
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

  /** Watches the fields of an interface, but for some; what it inherits counts as its own. */
  add(
    kind: Slice["kind"],
    path: string,
    type: ts.Type,
    but: ReadonlySet<string> = new Set(),
  ): void {
    this.#seen.add(type);
    const all: readonly ts.Symbol[] = type.getProperties();
    const properties = all.filter(({ name }) => !but.has(name));
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

  /** The type of the field of `state` that bears a room's name, if its slice file declares it. */
  sliceOf(state: ts.Type, room: string, path: string): ts.Type | null {
    const field = state.getProperty(room)?.valueDeclaration;
    const type = field === undefined ? undefined : this.#checker.getTypeAtLocation(field);
    const declaration = type?.symbol?.declarations?.find(ts.isInterfaceDeclaration);
    const isThere = declaration !== undefined && this.sources.pathOf(declaration) === path;
    return isThere ? type! : null;
  }
}

/**
 * The slices of all rooms, `NodeState`, and the records in them. The slice of a room is the interface
 * that `NodeState` holds under its name. To put a slice there is how the rooms are composed: it counts
 * as no field of the composer's own.
 */
export function slicesOf(sources: Sources): Slices {
  const collector = new Collector(sources);
  const { slices, faults, declared } = collector;
  const state = sources.paths.includes(STATE_FILE)
    ? exportedInterfaces(sources, STATE_FILE).find(({ name }) => name.text === STATE)
    : undefined;
  if (state === undefined) {
    return { slices, declared, faults: [`${STATE_FILE} exports no interface ${STATE}`] };
  }
  const whole = collector.typeOf(state);
  const owners: ts.Type[] = [], held = new Set<string>();
  for (const room of roomFolders(sources.paths)) {
    const path = `src/core/${room}/${SLICE_FILE}`;
    if (!sources.paths.includes(path)) continue;
    const type = collector.sliceOf(whole, room, path);
    if (type === null) {
      faults.push(`${path} declares nothing that ${STATE} holds as ${room}`);
      continue;
    }
    owners.push(type);
    held.add(room);
    collector.add("slice", path, type);
  }
  collector.add("state", STATE_FILE, whole, held);
  for (const type of [...owners, whole]) collector.addFields(type);
  return { slices, declared, faults };
}
