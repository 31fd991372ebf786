/**
 * Stretches of a stream of bytes: which of the bytes under way on a link are of lines that are handed
 * on. They have a limit of their own, so that neither they nor the entries keep back the others.
 */

/** Where one begins and ends; those of a list follow each other and do not touch. */
export type Stretch = readonly [from: number, to: number];

/** Adds a stretch behind the others. */
export function addStretch(list: readonly Stretch[], from: number, to: number): readonly Stretch[] {
  const last = list.at(-1);
  // A flood makes one long stretch, not many short ones.
  return last?.[1] === from ? list.with(-1, [last[0], to]) : [...list, [from, to]];
}

/** Forgets what ends at a position, or before it. */
export function dropStretches(list: readonly Stretch[], position: number): readonly Stretch[] {
  const first = list.findIndex(([, to]) => to > position);
  return first === 0 ? list : first < 0 ? [] : list.slice(first);
}

/** Bytes of stretches that are behind a position. */
export function stretchBytes(list: readonly Stretch[], position: number): number {
  let bytes = 0;
  for (const [from, to] of list) bytes += Math.max(0, to - Math.max(from, position));
  return bytes;
}
