/**
 * What is too long or too wide for each change runs only where `RUMOR_LONG=1` is set, as `.ci/run`
 * does it; elsewhere it is shown as ignored, or a shorter version of it runs.
 *
 *     Deno.test("a million accounts are no burden", LONG_ONLY, async () => ...);
 *     for (const bytes of feed(LONG ? 200_000_000 : 40_000_000)) ...
 */

/** Whether everything is to run at its full length. */
export const LONG: boolean = Deno.env.get("RUMOR_LONG") === "1";

/** The options of a test that has no short version. */
export const LONG_ONLY: { readonly ignore: boolean } = { ignore: !LONG };
