/** Texts of all characters that there are, for properties. */

import fc from "fast-check";

/** Code points below the surrogates, which are no characters, and how many those are. */
const SURROGATES_AT = 0xd800, SURROGATES = 0x800, CODES = 0x110000 - SURROGATES;
/** Words that JavaScript knows, with which programs are confused. */
const WORDS = [
  ..."apply arguments bind call caller constructor hasOwnProperty isPrototypeOf key".split(" "),
  ..."length name propertyIsEnumerable prototype ref toLocaleString toString valueOf".split(" "),
  ..."__defineGetter__ __defineSetter__ __lookupGetter__ __lookupSetter__ __proto__".split(" "),
];

/**
 * Any text that is well-formed, of so many parts: characters, and some words. The `fc.string()` of the
 * unit `binary` gives the like, after more than a second for a table of all characters.
 */
export function anyText(
  parts: { readonly minLength?: number; readonly maxLength?: number } = {},
): fc.Arbitrary<string> {
  const character = fc.nat(CODES - 1).map((number) =>
    String.fromCodePoint(number < SURROGATES_AT ? number : number + SURROGATES)
  );
  const part = fc.oneof(
    { weight: 15, arbitrary: character },
    // What people write is among the first.
    { weight: 15, arbitrary: fc.nat(0x24ff).map((code) => String.fromCodePoint(code)) },
    { weight: 1, arbitrary: fc.constantFrom(...WORDS) },
  );
  return fc.array(part, parts).map((texts) => texts.join(""));
}
