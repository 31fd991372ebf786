/** Steps of a test that mostly wait, all at the same time. */

/** What guards a step against others would count what they open. */
const UNGUARDED = { sanitizeExit: false, sanitizeOps: false, sanitizeResources: false };

/** Runs all steps at the same time, but those that are null; each has its name, also where it fails. */
export async function atOnce(
  t: Deno.TestContext,
  steps: Readonly<Record<string, (() => Promise<void>) | null>>,
): Promise<void> {
  const running = Object.entries(steps).map(([name, fn]) =>
    t.step({ name, fn: fn ?? (() => {}), ignore: fn === null, ...UNGUARDED })
  );
  await Promise.all(running);
}
