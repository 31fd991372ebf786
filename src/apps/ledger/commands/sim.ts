/** `rumor sim ledger`: what becomes of balances when payments arrive in different orders. */

import { assert } from "@std/assert/assert";
import type { Command } from "../../app.ts";
import { balanceOf, type Ledger, sortedAccounts } from "../ledger.ts";
import {
  balancesText,
  ordersOf,
  type Payment,
  rejectOverdrafts,
  replay,
  type Schedule,
  type Search,
  searchSchedules,
  takeAll,
} from "../schedules.ts";
import { flagLines, readArgs } from "../../../cli/args/args.ts";
import { readSwitch } from "../../../cli/args/values.ts";
import { EXIT, UsageError } from "../../../cli/args/exit.ts";
import { helpFlags, jsonFlag } from "../../../cli/args/flags.ts";
import { stdout } from "../../../cli/output/stdout.ts";
import { objectsText, tableText } from "../../../cli/output/table.ts";

const flags = {
  "reject-overdraft": {
    help: "reject what the payer cannot cover where it arrives",
    no_env: true,
    read: readSwitch,
  },
  json: { ...jsonFlag.json, help: "print one JSON object" },
  ...helpFlags,
} as const;

/** How far the searches go; each takes about a second at most. */
const REJECTING = { nodes: 2, payments: 3, amount: 2 };
const TAKING = { nodes: 2, payments: 3, amount: 1 };

const command: Command = {
  summary: "show why overdrafts are not rejected: the smallest schedule that breaks it",
  help: `Examples:
  rumor sim ledger --reject-overdraft
  rumor sim ledger
  rumor sim ledger --json | jq .orders

Usage: rumor sim ledger [FLAGS]

With --reject-overdraft, goes through all schedules of payments, small ones first: who makes which
payment, and in which order the others get them, never before what its maker had. It stops at the
first after which two nodes have different balances, and says why. A node makes no payment that it
would reject; all accounts begin at 0, and only the account bank may owe.

Without it, puts the same payments into all orders, and goes through all small schedules, with the
ledger as it is.

Flags:
${flagLines(flags)}

Exit codes: 0 done, 1 the ledger as it is ended different somewhere, 2 usage.
`,
  run: async (args, env) => {
    const { given, words } = readArgs(args, flags, env);
    if (words.length > 0) throw new UsageError(`${words[0]} is not expected`);
    const rejecting = searchSchedules(rejectOverdrafts, REJECTING);
    assert(rejecting.found !== null, "rejecting overdrafts broke nothing");
    const { found } = rejecting;
    if (given["reject-overdraft"]) {
      await stdout.print(
        given.json ? rejectingJson(found, rejecting) : rejectingText(found, rejecting),
      );
      return EXIT.done;
    }
    const taking = searchSchedules(takeAll, TAKING);
    await stdout.print(given.json ? takingJson(found, taking) : takingText(found, taking));
    return isSame(found.payments) && taking.found === null ? EXIT.done : EXIT.failed;
  },
};

function rejectingText(found: Schedule, { searched }: Search): string {
  const { payments, orders } = found;
  const smaller = count(sum(searched.slice(0, -1)));
  const { nodes, amount } = REJECTING;
  const rows = orders.map((order, node) => {
    const { ledger, rejected } = replay(rejectOverdrafts, payments, order);
    const balances = accountsText(payments, ledger);
    return [nodeName(node), idsText(payments, order), idsText(payments, rejected), balances];
  });
  const agreed = [...payments.keys()];
  const one = replay(rejectOverdrafts, payments, agreed);
  const real = replay(takeAll, payments, agreed).ledger;
  return `Rule: a payment that its payer cannot cover when it arrives is rejected.
Smallest schedule after which two nodes differ: ${payments.length} payments.
Of the ${smaller} with fewer (${nodes} nodes, amounts up to ${amount}), none does that.

${paymentsTable(payments)}
${tableText([["node", "order", "rejected", "balances"], ...rows], true)}
Why: ${whyText(found).join("\n")}

The same rule, but all nodes go by one order, ${idsText(payments, agreed)}:
${idsText(payments, one.rejected)} rejected, ${accountsText(payments, one.ledger)}, everywhere.
Nothing rejected, as the ledger is, ${isSame(payments) ? "in any order" : "in this order"}:
${accountsText(payments, real)}, everywhere.
`;
}

function takingText(found: Schedule, { found: differing, searched }: Search): string {
  const { payments } = found;
  const { nodes, payments: most, amount } = TAKING;
  const rows = ordersOf(payments).map((order) => [
    idsText(payments, order),
    accountsText(payments, replay(takeAll, payments, order).ledger),
  ]);
  return `Rule: every payment counts, whatever its payer has. (This is the ledger as it is.)
The payments are those that --reject-overdraft finds.

${paymentsTable(payments)}
${tableText([["order", "balances"], ...rows], true)}
These are all orders in which each comes after those that its maker had: ${
    isSame(payments) ? "all end the same" : "they end different"
  }.
All ${
    count(sum(searched))
  } schedules of up to ${most} payments of ${amount} between ${nodes} nodes: ${
    differing === null ? "none ends with different balances" : "one ends with different balances"
  }.
`;
}

/** Why a payment counts at one node and not at another, told by what the payer had. */
function whyText({ payments, orders }: Schedule): string[] {
  const has = (order: readonly number[], place: number) => {
    const before = order.slice(0, order.indexOf(place));
    const { ledger } = replay(rejectOverdrafts, payments, before);
    return ledger.balances.get(payments[place].transaction.from) ?? 0n;
  };
  const rejected = orders.map((order) => replay(rejectOverdrafts, payments, order).rejected);
  return rejected.flatMap((places, node) =>
    places.flatMap((place) => {
      const elsewhere = rejected.findIndex((others) => !others.includes(place));
      if (elsewhere < 0) return [];
      const { id, from, amount } = payments[place].transaction;
      return [
        `${id} needs ${amount}. At ${nodeName(elsewhere)} it came when ${from} had ${
          has(orders[elsewhere], place)
        }; at ${nodeName(node)} when ${from} had ${has(orders[node], place)}.`,
      ];
    })
  ).concat(unorderedText(payments));
}

/** Which payments were made without knowing of each other. */
function unorderedText(payments: readonly Payment[]): string[] {
  return payments.flatMap((one, at) =>
    payments.slice(0, at).flatMap((other, before) =>
      one.knows.includes(before) || other.knows.includes(at) ? [] : [
        `${other.transaction.id} and ${one.transaction.id} were made without knowing of each other: ` +
        "no order of the two is wrong.",
      ]
    )
  );
}

function paymentsTable(payments: readonly Payment[]): string {
  const rows = payments.map(({ transaction: { id, from, to, amount }, node, knows }) => [
    id,
    nodeName(node),
    from,
    to,
    `${amount}`,
    idsText(payments, knows),
  ]);
  return tableText([["payment", "made-at", "from", "to", "amount", "knowing"], ...rows], true);
}

function rejectingJson({ payments, orders }: Schedule, { searched }: Search): string {
  const nodes = orders.map((order, node) => {
    const { ledger, rejected } = replay(rejectOverdrafts, payments, order);
    return {
      node: nodeName(node),
      order: ids(payments, order),
      rejected: ids(payments, rejected),
      balances: accounts(payments, ledger),
    };
  });
  return objectsText([{ payments: paymentObjects(payments), nodes, searched }], false);
}

function takingJson({ payments }: Schedule, { found, searched }: Search): string {
  const orders = ordersOf(payments).map((order) => ({
    order: ids(payments, order),
    balances: accounts(payments, replay(takeAll, payments, order).ledger),
  }));
  const same = isSame(payments) && found === null;
  return objectsText([{ payments: paymentObjects(payments), orders, searched, same }], false);
}

function paymentObjects(payments: readonly Payment[]) {
  return payments.map(({ transaction, node, knows }) => ({
    ...transaction,
    node: nodeName(node),
    knows: ids(payments, knows),
  }));
}

/** Whether the ledger as it is ends the same in all orders. */
function isSame(payments: readonly Payment[]): boolean {
  const ends = ordersOf(payments).map((order) => replay(takeAll, payments, order).ledger);
  return new Set(ends.map(balancesText)).size === 1;
}

/** What every account has that the payments name. */
function accounts(payments: readonly Payment[], ledger: Ledger): Record<string, number> {
  const all = replay(takeAll, payments, [...payments.keys()]).ledger;
  const names = sortedAccounts(all);
  return Object.fromEntries(names.map((name) => [name, Number(balanceOf(ledger, name))]));
}

function accountsText(payments: readonly Payment[], ledger: Ledger): string {
  return Object.entries(accounts(payments, ledger)).map((row) => row.join(" ")).join(", ");
}

function ids(payments: readonly Payment[], places: readonly number[]): string[] {
  return places.map((place) => payments[place].transaction.id);
}

function idsText(payments: readonly Payment[], places: readonly number[]): string {
  return ids(payments, places).join(" ");
}

function nodeName(node: number): string {
  return String.fromCharCode("A".charCodeAt(0) + node);
}

function sum(numbers: readonly number[]): number {
  return numbers.reduce((all, one) => all + one, 0);
}

function count(number: number): string {
  return number.toLocaleString("en-US");
}

export default command;
