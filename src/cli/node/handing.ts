/** Items of lines that are handed to an app, which answers each, instead of being published. */

import type { Json } from "../../core/types.ts";
import type { HandsTo, Tell } from "./app.ts";
import type { OpenRequests } from "./open_requests.ts";

/** So many items may wait for how they end. */
const HANDED_MAX = 256;

/** What handing items over needs of the session. */
export interface HandingParts {
  readonly requests: Pick<OpenRequests, "fewerThan">;
  /** Wants something of an app; resolves to null when it is done, or to why it was not. */
  readonly request: (app: string, request: Json) => Promise<string | null>;
  /** Says what is wrong with the input, which makes the run a failure. */
  readonly complain: Tell;
}

/** Hands items over, one after the other. */
export class Handing {
  readonly #parts: HandingParts;
  /** What must be answered before the first item makes sense. */
  #ready: Promise<unknown> | null = null;

  constructor(parts: HandingParts) {
    this.#parts = parts;
  }

  /** Hands over the item of a line; resolves when more may be handed over. */
  async hand({ app, after }: HandsTo, item: Json, number: number): Promise<void> {
    const { requests, request, complain } = this.#parts;
    await (this.#ready ??= request(after.app, after.request));
    await requests.fewerThan(HANDED_MAX);
    request(app, item).then((why) => {
      if (why !== null) complain(`line ${number}: ${why}`);
    });
  }
}
