/**
 * Who writes which field of a slice. A write is found by types, so that fields of one name in two
 * interfaces are not mixed up, and whatever the value is called that has the field. Counted are, for a
 * field `f` of a slice or of `NodeState`:
 *
 * - `x.f = `, `x.f += `, `x.f++`, `delete x.f`, `[x.f] = `, also further down, as in `x.f.g[1] = `;
 * - calls of methods that change what they are called on: `x.f.push()`, `x.f.set()` and the like,
 *   through casts, too; `set`, `add` and `delete` only where they give nothing back, because those of
 *   a persistent structure give back the next version;
 * - `Object.assign(x, { f })`, and `x.own("f")` of a turn, which gives a copy of a map to be changed;
 * - `{ ...x, f }`, where `x` has the slice's type, or what it makes is to have it; `{ f, g }` without
 *   `...` where it is to be a whole slice. But not in the file that declares the slice: there its first
 *   value is made. To be a view with some of the fields (`Pick`) is no write.
 *
 * The same is counted for the records that are in slices, such as those of a map; only that making a
 * new one, without `...`, is no write.
 *
 * A write belongs to the file that it stands in, also if a function of another room is called to do
 * it. Not counted: what is changed through another name (`const m = x.f as Map; m.set()`), fields that
 * a name takes which is known only at run time, and types that were cast away. Those are for the lint
 * plugin, and for the compiler, to whom all fields are `readonly` but those of a turn.
 */

import ts from "typescript";
import { ownerOf } from "../walls.ts";
import type { Write } from "./facts.ts";
import type { Field, Slices } from "./slices.ts";
import { placeOf, type Sources, walk } from "./sources.ts";

const CHANGES = new Set(
  "clear push pop shift unshift splice sort reverse fill copyWithin set add delete".split(" "),
);

/** What a `Turn` calls the part of the state that it may write. */
const WRITABLE = ["slice", "state"];

function unwrap(node: ts.Expression): ts.Expression {
  const wraps = ts.isParenthesizedExpression(node) || ts.isNonNullExpression(node) ||
    ts.isAsExpression(node) || ts.isSatisfiesExpression(node) || ts.isTypeAssertionExpression(node);
  return wraps ? unwrap(node.expression) : node;
}

function isAssignment(kind: ts.SyntaxKind): boolean {
  return kind >= ts.SyntaxKind.FirstAssignment && kind <= ts.SyntaxKind.LastAssignment;
}

/** The expressions that an assignment to a pattern changes. */
function targetsOf(node: ts.Expression): ts.Expression[] {
  const target = unwrap(node);
  if (ts.isArrayLiteralExpression(target)) return target.elements.flatMap(targetsOf);
  if (ts.isSpreadElement(target)) return targetsOf(target.expression);
  if (ts.isBinaryExpression(target)) return targetsOf(target.left);
  if (!ts.isObjectLiteralExpression(target)) return [target];
  return target.properties.flatMap((property: ts.ObjectLiteralElementLike) => {
    if (ts.isPropertyAssignment(property)) return targetsOf(property.initializer);
    return ts.isSpreadAssignment(property) ? targetsOf(property.expression) : [];
  });
}

/** Finds the writes of one set of sources. */
class Finder {
  readonly #checker: ts.TypeChecker;
  readonly found: Write[] = [];
  #path = "";

  constructor(readonly sources: Sources, readonly slices: Slices) {
    this.#checker = sources.checker;
  }

  /** Adds the writes in one file. */
  read(path: string): void {
    this.#path = path;
    walk(this.sources.tree(path), (node) => this.#visit(node));
  }

  #visit(node: ts.Node): void {
    if (ts.isBinaryExpression(node) && isAssignment(node.operatorToken.kind)) {
      for (const target of targetsOf(node.left)) this.#chain(target, node);
    } else if (ts.isPostfixUnaryExpression(node)) {
      this.#chain(node.operand, node);
    } else if (ts.isPrefixUnaryExpression(node)) {
      const { PlusPlusToken, MinusMinusToken } = ts.SyntaxKind;
      const steps = [PlusPlusToken, MinusMinusToken].includes(node.operator);
      if (steps) this.#chain(node.operand, node);
    } else if (ts.isDeleteExpression(node)) {
      this.#chain(node.expression, node);
    } else if (ts.isCallExpression(node)) {
      this.#call(node);
    } else if (ts.isObjectLiteralExpression(node)) {
      this.#literal(node);
    }
  }

  #add(fields: readonly Field[], node: ts.Node): void {
    const writer = ownerOf(this.#path);
    for (const { slice, field } of fields) {
      const place = placeOf(this.#path, node, `${writer} writes ${slice.name}.${field}`);
      this.found.push({ slice, field, writer, place });
    }
  }

  /** The watched field that a type's property of this name is, if it is one. */
  #field(type: ts.Type, name: string): Field[] {
    const property = this.#checker.getPropertyOfType(this.#checker.getApparentType(type), name);
    const declarations: readonly ts.Node[] = property?.declarations ?? [];
    const fields = declarations.map((node) => this.slices.declared.get(node));
    return fields.filter((field) => field !== undefined).slice(0, 1);
  }

  #typeOf(node: ts.Node): ts.Type {
    return this.#checker.getNonNullableType(this.#checker.getTypeAtLocation(node));
  }

  /** Adds every field that an access goes through, from the outside in. */
  #chain(start: ts.Expression, node: ts.Node): void {
    for (let at = unwrap(start);;) {
      if (ts.isPropertyAccessExpression(at)) {
        this.#add(this.#field(this.#typeOf(at.expression), at.name.text), node);
      } else if (ts.isElementAccessExpression(at)) {
        const type = this.#typeOf(at.expression);
        const names = this.#namesOf(at.argumentExpression);
        this.#add(names.flatMap((name) => this.#field(type, name)), node);
      } else {
        return;
      }
      at = unwrap(at.expression);
    }
  }

  /** The texts that an expression can be, as far as its type says. */
  #namesOf(node: ts.Expression): string[] {
    const type = this.#checker.getTypeAtLocation(node);
    const bound = this.#checker.getBaseConstraintOfType(type) ?? type;
    const parts = bound.isUnion() ? bound.types : [bound];
    return parts.flatMap((part: ts.Type) => part.isStringLiteral() ? [part.value] : []);
  }

  #call(node: ts.CallExpression): void {
    const callee = unwrap(node.expression);
    if (!ts.isPropertyAccessExpression(callee)) return;
    const method = callee.name.text;
    if (method === "own") return this.#own(callee.expression, node);
    if (method === "assign" && callee.expression.getText() === "Object") return this.#assign(node);
    if (!CHANGES.has(method)) return;
    const result = this.#checker.getTypeAtLocation(node);
    const persistent = ["set", "add", "delete"].includes(method) &&
      !isBuiltIn(callee, this.#checker);
    const isVoid = (result.flags & ts.TypeFlags.Void) !== 0;
    if (!persistent || isVoid) this.#chain(callee.expression, node);
  }

  /** `turn.own("f")`, of a turn whose `slice` or `state` may be written. */
  #own(turn: ts.Expression, node: ts.CallExpression): void {
    const [argument] = node.arguments;
    const names = argument === undefined ? [] : this.#namesOf(argument);
    for (const part of WRITABLE) {
      const property = this.#checker.getPropertyOfType(this.#typeOf(turn), part);
      if (property === undefined) continue;
      const type = this.#checker.getTypeOfSymbolAtLocation(property, turn);
      this.#add(names.flatMap((name) => this.#field(type, name)), node);
    }
  }

  #assign(node: ts.CallExpression): void {
    const [target, ...parts] = node.arguments;
    if (target === undefined) return;
    this.#chain(target, node);
    const type = this.#typeOf(target);
    for (const part of parts) {
      const names: string[] = this.#typeOf(part).getProperties().map(({ name }: ts.Symbol) => name);
      this.#add(names.flatMap((name) => this.#field(type, name)), node);
    }
  }

  #literal(node: ts.ObjectLiteralExpression): void {
    const spread = node.properties.filter(ts.isSpreadAssignment)
      .map(({ expression }: ts.SpreadAssignment) => this.#typeOf(expression));
    const wanted = this.#checker.getContextualType(node);
    const whole = wanted !== undefined && this.#isWhole(wanted) ? [wanted] : [];
    for (const property of node.properties) {
      if (property.name === undefined) continue;
      const names = ts.isComputedPropertyName(property.name)
        ? this.#namesOf(property.name.expression)
        : [property.name.text];
      const fieldsIn = (types: readonly ts.Type[]) =>
        names.flatMap((name) => types.flatMap((type) => this.#field(type, name)));
      const made = fieldsIn(whole).filter(({ slice }) => slice.path !== this.#path);
      this.#add([...new Set([...fieldsIn(spread), ...made])], property);
    }
  }

  /** Whether a type has all fields of a slice, and so is more than a view of it. */
  #isWhole(wanted: ts.Type): boolean {
    const type = this.#checker.getNonNullableType(wanted);
    return this.slices.slices.some((slice) =>
      slice.kind !== "record" && slice.fields.length > 0 &&
      slice.fields.every((name) => this.#field(type, name).some((field) => field.slice === slice))
    );
  }
}

/** Whether a method is one of JavaScript's own: those change what they are called on. */
function isBuiltIn(callee: ts.PropertyAccessExpression, checker: ts.TypeChecker): boolean {
  const symbol = checker.getSymbolAtLocation(callee.name);
  const declarations: readonly ts.Node[] = symbol?.declarations ?? [];
  // A method that is known to nobody is rather counted.
  return declarations.every((node) => node.getSourceFile().isDeclarationFile);
}

/** All writes of the slices' fields, in order of path and line. */
export function writesOf(sources: Sources, slices: Slices): Write[] {
  const finder = new Finder(sources, slices);
  for (const path of sources.paths) finder.read(path);
  return finder.found;
}
