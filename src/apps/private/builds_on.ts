/** A private message is a line, as in the chat. */

export { textFault } from "../chat/lines.ts";
