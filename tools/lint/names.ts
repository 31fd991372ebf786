/** What a name in the source stands for, as far as the syntax says. */

import type { SyntaxNode } from "./syntax.ts";

/**
 * Where a name comes from: the names of properties on the way down to it, if it was taken apart, such
 * as `view` in `{ view: x }`; and the value that it was given or is an element of, or the annotated
 * type of a parameter, or neither.
 */
export type Binding =
  & { readonly keys: readonly string[] }
  & (
    | { readonly kind: "value"; readonly value: SyntaxNode }
    | { readonly kind: "parameter"; readonly type: SyntaxNode | null }
    | { readonly kind: "other" }
  );

/** The name of a property that is not computed at run time, or null. */
export function keyName(key: unknown, computed: unknown): string | null {
  const { type, name, value } = key as SyntaxNode;
  if (typeof value === "string") return value;
  return type === "Identifier" && !computed ? name as string : null;
}

/** The way from a pattern down to a name in it, or null where the name is not in it. */
function keysTo(pattern: SyntaxNode, name: string): string[] | null {
  switch (pattern.type) {
    case "Identifier":
      return pattern.name === name ? [] : null;
    case "AssignmentPattern":
      return keysTo(pattern.left as SyntaxNode, name);
    case "RestElement":
      return keysTo(pattern.argument as SyntaxNode, name);
    case "TSParameterProperty":
      return keysTo(pattern.parameter as SyntaxNode, name);
    case "ArrayPattern":
      return firstOf(pattern.elements as (SyntaxNode | null)[], name);
    case "ObjectPattern":
      return firstOf(pattern.properties as SyntaxNode[], name);
    case "Property": {
      const keys = keysTo(pattern.value as SyntaxNode, name);
      const key = keyName(pattern.key, pattern.computed);
      return keys === null || key === null ? keys : [key, ...keys];
    }
    default:
      return null;
  }
}

function firstOf(patterns: readonly (SyntaxNode | null)[], name: string): string[] | null {
  for (const pattern of patterns) {
    const keys = pattern === null ? null : keysTo(pattern, name);
    if (keys !== null) return keys;
  }
  return null;
}

/** The annotated type of a parameter. */
function typeOf(parameter: SyntaxNode): SyntaxNode | null {
  const inner = (parameter.parameter ?? parameter) as SyntaxNode;
  const pattern = (inner.type === "AssignmentPattern" ? inner.left : inner) as SyntaxNode;
  const annotation = pattern.typeAnnotation as SyntaxNode | null | undefined;
  return (annotation?.typeAnnotation as SyntaxNode | undefined) ?? null;
}

function inDeclaration(node: unknown, name: string, value?: SyntaxNode): Binding | null {
  const declaration = node as SyntaxNode | null;
  if (declaration?.type !== "VariableDeclaration") return null;
  for (const { id, init } of declaration.declarations as SyntaxNode[]) {
    const keys = keysTo(id as SyntaxNode, name);
    if (keys === null) continue;
    const given = value ?? init as SyntaxNode | null;
    return given === null ? { kind: "other", keys } : { kind: "value", value: given, keys };
  }
  return null;
}

function inStatements(statements: readonly SyntaxNode[], name: string): Binding | null {
  for (const statement of statements) {
    const declared = (statement.declaration ?? statement) as SyntaxNode;
    const binding = inDeclaration(declared, name);
    if (binding !== null) return binding;
    const isNamed = /^(Function|Class|TSEnum)Declaration$/.test(declared.type) &&
      (declared.id as SyntaxNode | null)?.name === name;
    if (isNamed) return { kind: "other", keys: [] };
  }
  return null;
}

function inParameters(node: SyntaxNode, name: string): Binding | null {
  for (const parameter of node.params as SyntaxNode[]) {
    const keys = keysTo(parameter, name);
    if (keys !== null) return { kind: "parameter", type: typeOf(parameter), keys };
  }
  return null;
}

function inScope(scope: SyntaxNode, name: string): Binding | null {
  switch (scope.type) {
    case "Program":
    case "BlockStatement":
    case "StaticBlock":
      return inStatements(scope.body as SyntaxNode[], name);
    case "SwitchStatement":
      return inStatements(
        (scope.cases as SyntaxNode[]).flatMap(({ consequent }) => consequent as SyntaxNode[]),
        name,
      );
    case "ForStatement":
      return inDeclaration(scope.init, name);
    case "ForOfStatement":
      return inDeclaration(scope.left, name, scope.right as SyntaxNode);
    case "FunctionDeclaration":
    case "FunctionExpression":
    case "ArrowFunctionExpression":
      return inParameters(scope, name);
    default:
      return null;
  }
}

/** What a name means at a place: the innermost declaration around it, or null where there is none. */
export function bindingOf(name: string, at: SyntaxNode): Binding | null {
  for (let scope = at.parent; scope; scope = scope.parent) {
    const binding = inScope(scope, name);
    if (binding !== null) return binding;
  }
  return null;
}
