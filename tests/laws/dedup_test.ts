import {
  anyOrderConverges,
  duplicatesAreNothing,
  inputIsUnchanged,
  splittingChangesNothing,
} from "../helpers/laws.ts";
import { dedupSubject } from "../helpers/subjects.ts";
import { reduceDedup } from "../../src/core/output/dedup.ts";

Deno.test("`reduceDedup()` leaves its input unchanged", () => {
  inputIsUnchanged(dedupSubject());
  inputIsUnchanged(dedupSubject(reduceDedup, 3));
});

Deno.test("`reduceDedup()` gives the same however a batch is split", () => {
  splittingChangesNothing(dedupSubject());
  splittingChangesNothing(dedupSubject(reduceDedup, 3));
});

Deno.test("`reduceDedup()` returns the same set for what it has seen", () => {
  duplicatesAreNothing(dedupSubject());
});

Deno.test("`reduceDedup()` ends with the same set in any order", () => {
  anyOrderConverges(dedupSubject());
});
