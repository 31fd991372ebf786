import { assertEquals } from "@std/assert";
import { emptyLedger, reduceLedger } from "../../../src/apps/ledger/ledger.ts";
import {
  anyOrderConverges,
  duplicatesAreNothing,
  inputIsUnchanged,
  splittingChangesNothing,
} from "../../helpers/laws.ts";
import { balancesOf, ledgerSubject, sumStaysZero } from "../../helpers/subjects.ts";

Deno.test("`reduceLedger()` leaves its input unchanged", () => {
  inputIsUnchanged(ledgerSubject());
});

Deno.test("`reduceLedger()` gives the same however a batch is split", () => {
  splittingChangesNothing(ledgerSubject());
});

Deno.test("`reduceLedger()` returns the same ledger for what it has applied", () => {
  duplicatesAreNothing(ledgerSubject());
});

Deno.test("`reduceLedger()` ends with the same balances in any order", () => {
  anyOrderConverges(ledgerSubject());
});

Deno.test("`reduceLedger()` keeps the sum of all balances at 0", () => {
  sumStaysZero(ledgerSubject());
});

Deno.test({
  name: "`balancesOf()` names the same accounts whichever of two clashing payments came first",
  fn: () => {
    const [kept, lost] = [["a", "b", 1], ["a", "c", 2]].map(([from, to, amount]) => ({
      origin: "",
      number: 1,
      time_ms: 1,
      item: { id: "x", from, to, amount },
    }));
    const [one] = reduceLedger(emptyLedger(), [kept, lost]);
    const [other] = reduceLedger(emptyLedger(), [lost, kept]);
    assertEquals(balancesOf(one), balancesOf(other));
  },
});
