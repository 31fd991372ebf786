/** What `deno task rooms` reads in the source, as plain values. */

/** A place in the source. */
export interface Place {
  readonly path: string;
  /** From 1. */
  readonly line: number;
  /** What is said of it. */
  readonly what: string;
}

/** One import of a file of the project; `place.path` is the file that imports. */
export interface Import {
  readonly place: Place;
  readonly target: string;
}

/** An interface whose fields are watched. */
export interface Slice {
  /** The state of a node, a room's slice of it, or a record that a slice holds. */
  readonly kind: "state" | "slice" | "record";
  /** The room where it is declared, or `state.ts`. */
  readonly room: string;
  /** The interface's name. */
  readonly name: string;
  readonly path: string;
  readonly fields: readonly string[];
}

/** A write of one field of a slice. */
export interface Write {
  readonly slice: Slice;
  readonly field: string;
  /** The room, app or layer of the file that writes. */
  readonly writer: string;
  readonly place: Place;
}

/** Where files outside of an app's folder name it, the first place in each file. */
export interface Naming {
  readonly app: string;
  readonly places: readonly Place[];
}

export interface Facts {
  /** All source files, sorted. */
  readonly paths: readonly string[];
  readonly imports: readonly Import[];
  readonly slices: readonly Slice[];
  /** What is wrong with the files that should declare slices. */
  readonly slice_faults: readonly string[];
  readonly writes: readonly Write[];
  readonly naming: readonly Naming[];
}
