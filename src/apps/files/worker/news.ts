/** Tells of each file that there is more of it, at once, and then a few times a second at most. */

import type { Link } from "../link.ts";
import type { Clock } from "./clock.ts";

const NEWS_MS = 200;

export class News {
  readonly #clock: Clock;
  readonly #tell: (link: Link) => void;
  /** Files that were told of lately: whether there is more by now, and what ends the wait. */
  readonly #told = new Map<Link, { again: boolean; readonly cancel: () => void }>();

  constructor(clock: Clock, tell: (link: Link) => void) {
    this.#clock = clock;
    this.#tell = tell;
  }

  more(link: Link): void {
    const told = this.#told.get(link);
    if (told !== undefined) return void (told.again = true);
    const cancel = this.#clock.after(NEWS_MS, () => this.#rested(link));
    this.#told.set(link, { again: false, cancel });
    this.#tell(link);
  }

  close(): void {
    for (const { cancel } of this.#told.values()) cancel();
    this.#told.clear();
  }

  #rested(link: Link): void {
    const again = this.#told.get(link)?.again;
    this.#told.delete(link);
    if (again) this.more(link);
  }
}
