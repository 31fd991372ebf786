/** `/search WORDS` at the prompt: what is found is shown above it as it comes. */

import type { SlashCommand } from "../../app.ts";
import type { SearchRequest } from "../search/requests.ts";
import { splitWords } from "../search/words.ts";

export const SEARCH: SlashCommand = {
  name: "search",
  form: "/search WORD[,WORD]",
  help: "files with any of the words in their names, and who has them",
  run: (rest, _pasted, { request }) => {
    const words = splitWords(rest);
    if ("fault" in words) return rest.trim() === "" ? "expected /search WORD[,WORD]" : words.fault;
    request("files", { k: "search", words } satisfies SearchRequest);
    return null;
  },
};
