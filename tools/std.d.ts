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

declare module "@std/assert/assert" {
  /** Throws where an invariant is broken. */
  export function assert(condition: unknown, message?: string): asserts condition;
}

declare module "@std/async/abortable" {
  /** Settles like the promise, or rejects with the signal's reason as soon as that is aborted. */
  export function abortable<T>(work: Promise<T>, signal: AbortSignal): Promise<T>;
}

declare module "@std/async/deadline" {
  /**
   * Settles like the promise, or rejects with a `DOMException` called TimeoutError when the time is
   * over, or with the signal's reason. With `Infinity` there is all the time.
   */
  export function deadline<T>(
    work: Promise<T>,
    ms: number,
    options?: { signal?: AbortSignal },
  ): Promise<T>;
}

declare module "@std/async/delay" {
  /** Resolves after some time, or rejects with the signal's reason. */
  export function delay(
    ms: number,
    options?: { signal?: AbortSignal; persistent?: boolean },
  ): Promise<void>;
}

declare module "@std/async/pool" {
  /** What the function makes of each, in order, with no more than so many under way. */
  export function pooledMap<T, R>(
    most: number,
    items: Iterable<T> | AsyncIterable<T>,
    make: (item: T) => Promise<R>,
  ): AsyncIterableIterator<R>;
}

declare module "@std/async/retry" {
  /** Calls until it succeeds; throws a `RetryError` after the last attempt. Times in ms. */
  export function retry<T>(
    work: () => Promise<T> | T,
    options?: {
      maxAttempts?: number;
      minTimeout?: number;
      maxTimeout?: number;
      multiplier?: number;
      jitter?: number;
      /** After which errors it is tried again. */
      isRetriable?: (error: unknown) => boolean;
    },
  ): Promise<T>;
}

declare module "@std/cli/parse-args" {
  /**
   * Flags by their names, and words under `_`. `unknown` is called with each argument that is no
   * known flag; of a word there is no key.
   */
  export function parseArgs(
    args: readonly string[],
    options: {
      boolean?: readonly string[];
      string?: readonly string[];
      collect?: readonly string[];
      unknown?: (arg: string, key?: string, value?: unknown) => unknown;
    },
  ): { [name: string]: unknown; _: unknown[] };
}

declare module "@std/encoding/base64url" {
  export function encodeBase64Url(data: Uint8Array | string): string;
}

declare module "@std/streams/text-line-stream" {
  /** Text cut into lines without LF or CR LF. */
  export class TextLineStream extends TransformStream<string, string> {}
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
