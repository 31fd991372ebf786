import { histories } from "../helpers/history.ts";
import {
  anyOrderConverges,
  deliveryIsCausal,
  duplicatesAreNothing,
  inputIsUnchanged,
  splittingChangesNothing,
} from "../helpers/laws.ts";
import { causesOf, deliverAll, logSubject, misdirected } from "../helpers/subjects.ts";

Deno.test("`insertEntries()` leaves its input unchanged", () => {
  inputIsUnchanged(logSubject());
  inputIsUnchanged(misdirected());
});

Deno.test("`insertEntries()` gives the same however a batch is split", () => {
  splittingChangesNothing(logSubject());
  splittingChangesNothing(misdirected());
});

Deno.test("`insertEntries()` returns the same log for what it has seen", () => {
  duplicatesAreNothing(logSubject());
});

Deno.test("`insertEntries()` ends with the same logs in any order", () => {
  anyOrderConverges(logSubject());
});

Deno.test("`insertEntries()` delivers each entry once, after everything that its author knew", () => {
  deliveryIsCausal(histories(), deliverAll, causesOf);
});
