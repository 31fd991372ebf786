// Types for the parts of the standard library that are used; the npm build carries none.

declare module "@std/assert" {
  export class AssertionError extends Error {}
  export function assert(condition: unknown, message?: string): asserts condition;
  export function assertEquals<T>(actual: T, expected: T, message?: string): void;
  export function assertNotEquals<T>(actual: T, expected: T, message?: string): void;
  export function assertStrictEquals<T>(actual: unknown, expected: T, message?: string): void;
  export function assertNotStrictEquals<T>(actual: T, expected: T, message?: string): void;
  export function assertThrows(
    fn: () => unknown,
    // deno-lint-ignore no-explicit-any
    errorClass?: new (...args: any[]) => Error,
    messageIncludes?: string,
  ): Error;
  export function assertRejects(
    fn: () => PromiseLike<unknown>,
    // deno-lint-ignore no-explicit-any
    errorClass?: new (...args: any[]) => Error,
    messageIncludes?: string,
  ): Promise<Error>;
  export function assertStringIncludes(actual: string, expected: string, message?: string): void;
  export function assertMatch(actual: string, expected: RegExp, message?: string): void;
  export function assertNotMatch(actual: string, expected: RegExp, message?: string): void;
  export function assertGreater<T>(actual: T, expected: T, message?: string): void;
  export function assertGreaterOrEqual<T>(actual: T, expected: T, message?: string): void;
  export function assertLess<T>(actual: T, expected: T, message?: string): void;
  export function assertLessOrEqual<T>(actual: T, expected: T, message?: string): void;
  export function fail(message?: string): never;
}

declare module "@std/bytes/concat" {
  /** One array of all the bytes, in order. */
  export function concat(parts: readonly Uint8Array[]): Uint8Array<ArrayBuffer>;
}

declare module "@std/async/deadline" {
  /** The promise; rejects with a `DOMException` named `TimeoutError` where it takes longer. */
  export function deadline<T>(promise: Promise<T>, ms: number): Promise<T>;
}

declare module "@std/async/delay" {
  /** Resolves after so many milliseconds. */
  export function delay(ms: number): Promise<void>;
}

declare module "@std/encoding/base64url" {
  /** Base64url without padding. */
  export function encodeBase64Url(data: Uint8Array | string): string;
}
