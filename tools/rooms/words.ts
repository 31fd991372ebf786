/** The words that names and texts are made of. */

/** The words of a text, in lower case: `fooBar`, `foo_bar` and `Foo bar` are two words each. */
export function wordsOf(text: string): string[] {
  const parts = text.match(/\p{Lu}+(?!\p{Ll})|\p{Lu}?\p{Ll}+|\p{N}+/gu) ?? [];
  return parts.map((part) => part.toLowerCase());
}

/** Whether a text has all words of a name beside each other. */
export function names(text: string, name: string): boolean {
  return ` ${wordsOf(text).join(" ")} `.includes(` ${wordsOf(name).join(" ")} `);
}
