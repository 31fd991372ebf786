// deno-lint-ignore-file no-explicit-any
/**
 * Stands for the compiler where the project's configuration is used, in which it is not. A test checks
 * the files that use it with the real types.
 */

declare const ts: any;
declare namespace ts {
  type CallExpression = any;
  type CompilerHost = any;
  type CompilerOptions = any;
  type Expression = any;
  type InterfaceDeclaration = any;
  type Node = any;
  type ObjectLiteralElementLike = any;
  type ObjectLiteralExpression = any;
  type ObjectType = any;
  type PropertyAccessExpression = any;
  type ScriptTarget = any;
  type SourceFile = any;
  type SpreadAssignment = any;
  type Symbol = any;
  type SyntaxKind = any;
  type Type = any;
  type TypeChecker = any;
  type TypeReference = any;
}
export default ts;
