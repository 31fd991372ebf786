/** The process harness, which tools share: see tools/process.ts. */
export * from "../../tools/process.ts";
