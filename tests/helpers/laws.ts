/**
 * The laws of DESIGN.md, each a checker that takes the reducer it is to judge: the real one must pass,
 * and tests/laws/vacuity_test.ts shows that broken ones fail.
 */

import { assert, assertEquals, assertStrictEquals } from "@std/assert";
import fc from "fast-check";
import { check } from "./check.ts";
import { deepFreeze } from "./deep_freeze.ts";
import { assertSamePicture, picture } from "./picture.ts";

/** What a batch gave, by channel; the lists of several batches are joined. */
export type Output = Readonly<Record<string, readonly unknown[]>>;

/** A reducer over batches, as the laws see it. */
export interface Subject<State, Input> {
  readonly empty: () => State;
  readonly reduce: (state: State, batch: readonly Input[]) => readonly [State, Output];
  /** Whole sessions: inputs in the order in which they come. */
  readonly inputs: fc.Arbitrary<readonly Input[]>;
  /** What follows when all inputs are in. */
  readonly finish?: (state: State) => readonly [State, Output];
  /** What splitting must not change; everything where it is left out. */
  readonly view?: (state: State) => unknown;
  /** What all nodes agree on once they have the same inputs. */
  readonly meaning?: (state: State) => unknown;
  /** The channels of what is new; a duplicate has nothing for them. */
  readonly news?: readonly string[];
}

/** Law 1: the input is unchanged, and the same input gives the same output. */
export function inputIsUnchanged<State, Input>(subject: Subject<State, Input>, runs = 100): void {
  check(
    fc.property(cutInputs(subject), ([inputs, sizes]) => {
      const versions: { state: State; before: string }[] = [];
      let state = subject.empty();
      for (const batch of cut(inputs, sizes)) {
        const before = picture(state), given = picture(batch);
        versions.push({ state, before });
        const [after, output] = subject.reduce(deepFreeze(state), deepFreeze(batch));
        assertEquals(picture(state), before, "the state that came in was changed");
        assertEquals(picture(batch), given, "the batch was changed");
        const [again, same] = subject.reduce(state, batch);
        assertSamePicture(again, after, "the same input gave another state");
        assertSamePicture(same, output, "the same input gave another output");
        state = after;
      }
      for (const version of versions) {
        assertEquals(picture(version.state), version.before, "an old version reads otherwise now");
      }
    }),
    runs,
  );
}

/** Law 2: splitting a batch anywhere changes nothing. */
export function splittingChangesNothing<State, Input>(
  subject: Subject<State, Input>,
  runs = 200,
): void {
  check(
    fc.property(cutInputs(subject), ([inputs, sizes]) => {
      const [whole, output] = runThrough(subject, [inputs]);
      const [pieces, outputs] = runThrough(subject, cut(inputs, sizes));
      assertSamePicture(outputs, output, "the pieces had other effects");
      const view = subject.view ?? ((state: State) => state);
      assertSamePicture(view(pieces), view(whole), "the pieces left another state");
    }),
    runs,
  );
}

/** Law 3: a duplicate is a no-op that returns the same reference. */
export function duplicatesAreNothing<State, Input>(
  subject: Subject<State, Input>,
  runs = 200,
): void {
  check(
    fc.property(withRepeats(subject), ([inputs, repeats]) => {
      const [state] = runThrough(subject, [inputs]);
      const [after, output] = subject.reduce(state, repeats);
      assertStrictEquals(after, state, "a duplicate made a new state");
      for (const channel of subject.news ?? []) {
        assertSamePicture(output[channel] ?? [], [], `a duplicate counted in ${channel}`);
      }
    }),
    runs,
  );
}

/** Law 5: any order that brings everything in the end leads to the same meaning. */
export function anyOrderConverges<State, Input>(subject: Subject<State, Input>, runs = 200): void {
  const orders = subject.inputs.chain((inputs) =>
    fc.tuple(
      fc.constant(inputs),
      fc.shuffledSubarray([...inputs], { minLength: inputs.length }),
      repeatsOf(inputs),
      batchSizes,
    )
  );
  check(
    fc.property(orders, ([inputs, shuffled, repeats, sizes]) => {
      const [one] = runThrough(subject, [inputs]);
      const [other] = runThrough(subject, cut([...repeats, ...shuffled], sizes));
      const meaning = subject.meaning ?? ((state: State) => state);
      assertSamePicture(meaning(other), meaning(one), "another order ended elsewhere");
    }),
    runs,
  );
}

/** What law 4 must know of something that is delivered. */
export interface Caused {
  readonly key: string;
  /** Keys of everything that happened before it. */
  readonly causes: readonly string[];
}

/** Law 4: each is delivered once, after all its causes, whatever the order of arrival. */
export function deliveryIsCausal<Input>(
  inputs: fc.Arbitrary<readonly Input[]>,
  deliver: (batches: readonly (readonly Input[])[]) => readonly string[],
  describe: (input: Input) => Caused,
  runs = 200,
): void {
  const arrivals = inputs.chain((all) =>
    fc.tuple(
      fc.shuffledSubarray([...all], { minLength: all.length }),
      repeatsOf(all),
      batchSizes,
    )
  );
  check(
    fc.property(arrivals, ([shuffled, repeats, sizes]) => {
      const order = deliver(cut([...shuffled, ...repeats], sizes));
      const place = new Map(order.map((key, index) => [key, index]));
      assertEquals(place.size, order.length, "something was delivered twice");
      assertEquals(order.length, shuffled.length, "something was not delivered");
      for (const { key, causes } of shuffled.map(describe)) {
        for (const cause of causes) {
          assert(place.get(cause)! < place.get(key)!, `${key} was delivered before ${cause}`);
        }
      }
    }),
    runs,
  );
}

/** Law 6: whatever comes, a decoder gives a value. */
export function neverThrows(
  bytes: fc.Arbitrary<Uint8Array>,
  decode: (bytes: Uint8Array) => unknown,
  runs = 1000,
): void {
  check(
    fc.property(bytes, (input) => {
      decode(input);
    }),
    runs,
  );
}

/** Law 7: every entry that leaves is, byte for byte, one that came in. */
export function relaysVerbatim<Input>(
  inputs: fc.Arbitrary<readonly Input[]>,
  bytesOf: (input: Input) => Uint8Array,
  relay: (inputs: readonly Input[]) => readonly Uint8Array[],
  runs = 100,
): void {
  check(
    fc.property(inputs, (all) => {
      // Before, because the relay may do with the bytes what it likes.
      const came = new Set(all.map((input) => bytesOf(input).toHex()));
      const left = relay(all).map((line) => line.toHex());
      assertEquals(new Set(left), came, "what left is not what came in");
    }),
    runs,
  );
}

/** Reduces batch after batch, and joins what they gave. */
export function runThrough<State, Input>(
  subject: Subject<State, Input>,
  batches: readonly (readonly Input[])[],
): [State, Output] {
  let state = subject.empty();
  const outputs: Record<string, unknown[]> = {};
  const take = ([after, output]: readonly [State, Output]) => {
    state = after;
    for (const [channel, list] of Object.entries(output)) (outputs[channel] ??= []).push(...list);
  };
  for (const batch of batches) take(subject.reduce(state, batch));
  if (subject.finish !== undefined) take(subject.finish(state));
  const sorted = Object.entries(outputs).filter(([, list]) => list.length > 0);
  return [state, Object.fromEntries(sorted.sort(([a], [b]) => (a < b ? -1 : 1)))];
}

/** Sizes of batches; used in turn. */
export const batchSizes: fc.Arbitrary<number[]> = fc.array(fc.integer({ min: 1, max: 6 }), {
  minLength: 1,
  maxLength: 8,
});

/** Cuts a list into batches. */
export function cut<T>(list: readonly T[], sizes: readonly number[]): T[][] {
  const batches: T[][] = [];
  for (let at = 0, turn = 0; at < list.length; turn++) {
    const size = sizes[turn % sizes.length];
    batches.push(list.slice(at, at + size));
    at += size;
  }
  return batches;
}

function cutInputs<State, Input>(subject: Subject<State, Input>) {
  return fc.tuple(subject.inputs, batchSizes);
}

function withRepeats<State, Input>(subject: Subject<State, Input>) {
  return subject.inputs.chain((inputs) => fc.tuple(fc.constant(inputs), repeatsOf(inputs)));
}

function repeatsOf<Input>(inputs: readonly Input[]): fc.Arbitrary<Input[]> {
  return inputs.length === 0 ? fc.constant([]) : fc.array(fc.constantFrom(...inputs), {
    maxLength: 8,
  });
}
