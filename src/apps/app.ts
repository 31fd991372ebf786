/**
 * What an app is. One folder and one line in registry.ts: its pure part, which the core runs (`App`),
 * and what goes with it for people: commands, the look of what it prints, its words at the prompt.
 */

export type { App, AppEvent, AppOut, AppView, DeliveredItem, Question } from "../core/host/app.ts";
export { asApp } from "../core/host/app.ts";
