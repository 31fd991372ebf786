/** Finds writes to what a room may only read, as far as the syntax says. */

import { ROOMS } from "../room_list.ts";
import { bindingOf, keyName } from "./names.ts";
import type { Report, SyntaxNode, Visitor } from "./syntax.ts";

const ROOM_NAMES = new Set(ROOMS.map(({ name }) => name));

/** These change what they are called on, whatever it is. */
const CHANGES = new Set(
  "push pop shift unshift splice sort reverse fill copyWithin clear".split(" "),
);
/** So do these, but those of a persistent structure give back the next version instead. */
const CHANGES_OR_MAKES = new Set(["set", "add", "delete"]);
/** What these give back is a part of what they are called on. */
const PARTS = new Set(
  "get at values keys entries find findLast set add".split(" "),
);
/** What is around a value without being another one. */
const WRAPPERS = new Set([
  "ChainExpression",
  "ParenthesizedExpression",
  "TSAsExpression",
  "TSNonNullExpression",
  "TSSatisfiesExpression",
  "TSTypeAssertion",
]);
const READONLY_TYPES = /^(Deep)?Readonly(Array|Map|Set)?$/;
const VIEW = "`view`", STATE = "the state of the node";
/** How many names may stand for each other. */
const ALIASES_MAX = 10;

function unwrap(node: SyntaxNode): SyntaxNode {
  return WRAPPERS.has(node.type) ? unwrap(node.expression as SyntaxNode) : node;
}

function isReadonly(type: SyntaxNode | null): boolean {
  if (type === null) return false;
  if (type.type === "TSTypeOperator") return type.operator === "readonly";
  const { name } = (type.typeName ?? {}) as SyntaxNode;
  return type.type === "TSTypeReference" && READONLY_TYPES.test(`${name ?? ""}`);
}

/** The name that an object goes by: `turn` of `turn`, of `this.turn` and of `x.turn`. */
function calledAs(node: SyntaxNode): string {
  const { type, name, property, computed } = unwrap(node);
  if (type === "MemberExpression") return keyName(property, computed) ?? "";
  return type === "Identifier" ? name as string : "";
}

/** Decides what a value is reached through. */
class Reader {
  /** `inCore`: whether `state` means that of the whole node. */
  constructor(readonly inCore: boolean) {}

  /** Why a place must not be changed, or null; `x.view = ` itself changes no view. */
  ofTarget(target: SyntaxNode): string | null {
    if (target.type !== "MemberExpression") return null;
    return this.#isState(target) ? STATE : this.of(target.object as SyntaxNode);
  }

  /** What a value is reached through that its reader must not change, or null. */
  of(start: SyntaxNode, aliases = 0): string | null {
    const node = unwrap(start);
    if (aliases > ALIASES_MAX) return null;
    const either = (one: unknown, other: unknown) =>
      this.of(one as SyntaxNode, aliases) ?? this.of(other as SyntaxNode, aliases);
    switch (node.type) {
      case "Identifier":
        return this.#ofName(node, aliases);
      case "MemberExpression":
        if (keyName(node.property, node.computed) === "view") return VIEW;
        return this.#isState(node) ? STATE : this.of(node.object as SyntaxNode, aliases);
      case "CallExpression": {
        const callee = unwrap(node.callee as SyntaxNode);
        if (callee.type !== "MemberExpression") return null;
        const method = keyName(callee.property, callee.computed) ?? "";
        return PARTS.has(method) ? this.of(callee.object as SyntaxNode, aliases) : null;
      }
      case "LogicalExpression":
        return either(node.left, node.right);
      case "ConditionalExpression":
        return either(node.consequent, node.alternate);
      default:
        return null;
    }
  }

  /** Whether an access is to the state of a node or to a room's part of it: `turn.state`, `state.log`. */
  #isState(node: SyntaxNode): boolean {
    if (!this.inCore || node.type !== "MemberExpression") return false;
    const key = keyName(node.property, node.computed) ?? "";
    const owner = calledAs(node.object as SyntaxNode);
    return (key === "state" && /turn$/i.test(owner)) || (owner === "state" && ROOM_NAMES.has(key));
  }

  #ofName(node: SyntaxNode, aliases: number): string | null {
    const name = node.name as string;
    const binding = bindingOf(name, node);
    if (binding === null) return name === "view" ? VIEW : null;
    if (binding.keys.includes("view")) return VIEW;
    if (binding.kind === "value") return this.of(binding.value, aliases + 1);
    if (binding.kind !== "parameter") return null;
    if (name === "view") return VIEW;
    return isReadonly(binding.type) ? `\`${name}\`, a readonly parameter` : null;
  }
}

/** The places that an assignment to a pattern changes. */
function targetsOf(pattern: SyntaxNode): SyntaxNode[] {
  const target = unwrap(pattern);
  switch (target.type) {
    case "ArrayPattern":
      return (target.elements as (SyntaxNode | null)[]).flatMap((each) =>
        each === null ? [] : targetsOf(each)
      );
    case "ObjectPattern":
      return (target.properties as SyntaxNode[]).flatMap((each) =>
        targetsOf((each.value ?? each) as SyntaxNode)
      );
    case "AssignmentPattern":
      return targetsOf(target.left as SyntaxNode);
    case "RestElement":
      return targetsOf(target.argument as SyntaxNode);
    default:
      return [target];
  }
}

function isStatement(call: SyntaxNode): boolean {
  const { type } = call.parent;
  return WRAPPERS.has(type) ? isStatement(call.parent) : type === "ExpressionStatement";
}

/** The value that a call changes, or null. */
function changedBy(call: SyntaxNode): SyntaxNode | null {
  const callee = unwrap(call.callee as SyntaxNode);
  if (callee.type !== "MemberExpression") return null;
  const method = keyName(callee.property, callee.computed) ?? "";
  const object = callee.object as SyntaxNode;
  const [first] = call.arguments as SyntaxNode[];
  const statics: Record<string, RegExp> = {
    Object: /^(assign|define|setPrototypeOf|freeze)/,
    Reflect: /^(set|define|delete)/,
  };
  if (statics[calledAs(object)]?.test(method)) return first ?? null;
  if (CHANGES.has(method)) return object;
  return CHANGES_OR_MAKES.has(method) && isStatement(call) ? object : null;
}

/**
 * Reports every write through a view or a readonly parameter; in the core, which `inCore` says, also to
 * the state of the whole node. It follows names to what they were given, and parts that were taken out
 * of maps and lists, but not what is handed to other functions. What it does not see the compiler does,
 * as long as nobody casts the `readonly` away.
 */
export function onForeignWrite(report: Report, inCore: boolean): Visitor {
  const reader = new Reader(inCore);
  const complain = (node: SyntaxNode, reason: string | null) => {
    if (reason === null) return;
    report(node, `this is reached through ${reason}: a room writes only its own slice`);
  };
  const assign = (node: SyntaxNode, pattern: unknown) => {
    for (const target of targetsOf(pattern as SyntaxNode)) complain(node, reader.ofTarget(target));
  };
  return {
    AssignmentExpression: (node) => assign(node, node.left),
    UpdateExpression: (node) => assign(node, node.argument),
    ForOfStatement: (node) => assign(node, node.left),
    ForInStatement: (node) => assign(node, node.left),
    UnaryExpression(node) {
      if (node.operator === "delete") assign(node, node.argument);
    },
    CallExpression(node) {
      const changed = changedBy(node);
      if (changed !== null) complain(node, reader.of(changed));
    },
  };
}
