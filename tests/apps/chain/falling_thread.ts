/** A Worker that falls over the first thing that it is told. */

addEventListener("message", () => {
  throw new Error("out of luck");
});
