/** What the commands that run a node have in common: a node with input, output and an end. */

import type { AppModule } from "../../apps/app.ts";
import { joinAddress } from "../../core/data/address.ts";
import type { Json, Notice, Printed } from "../../core/types.ts";
import { makeIdentity } from "../../shell/crypto/crypto.ts";
import { fallbackHost } from "../../shell/net/host.ts";
import { Runtime } from "../../shell/node/runtime.ts";
import { Sealer } from "../../shell/crypto/sealer.ts";
import type { Store } from "../../shell/store/store.ts";
import { describeError } from "../../shell/net/tcp.ts";
import type { Given } from "../args/args.ts";
import { EXIT } from "../args/exit.ts";
import type { nodeFlags } from "../args/flags.ts";
import { watchSignals } from "../input/signals.ts";
import { formatRecords, labelOf, type RecordFormat } from "../output/format.ts";
import { writePieces, writePiecesNow } from "../output/printer.ts";
import { say, stderr } from "../output/stderr.ts";
import { stdout } from "../output/stdout.ts";
import type { Terminal } from "../prompt/mod.ts";
import type { HandsTo, MakeApp, NodeApp, PromptApp } from "./app.ts";
import { messageWord, workersOf } from "./apps.ts";
import { makeNodeConfig } from "./config.ts";
import { Handing } from "./handing.ts";
import { LeftOut, noticeCode, noticeText } from "./notices.ts";
import { OpenRequests } from "./open_requests.ts";
import { askPeer, type MakeTransport, openStore, openTransport, type Place } from "./opening.ts";
import { publishPipe, publishTyped } from "./publishing.ts";
import { converse } from "./talking.ts";

/** Ctrl-C is given this long to say goodbye. */
const INTERRUPT_MS = 1_900;
/** What is said to one alone at the prompt has this long to arrive, unless the user says otherwise. */
const PRIVATE_MS = 600_000;
/** A closed stdout is not waited for long. */
const CLOSED_MS = 500;

/** Runs a node until its input ends or somebody ends it; gives the exit code. */
export async function runNode(
  given: Given<typeof nodeFlags>,
  apps: readonly AppModule[],
  makeApp: MakeApp,
): Promise<number> {
  const session = new Session(given, apps, makeApp);
  return await session.run();
}

class Session {
  readonly #given: Given<typeof nodeFlags>;
  readonly #apps: readonly AppModule[];
  readonly #app: NodeApp;
  readonly #format: RecordFormat;
  readonly #ended = Promise.withResolvers<void>();
  #runtime!: Runtime;
  #terminal: Terminal | null = null;
  #prompt: PromptApp | undefined;
  #code: number = EXIT.done;
  #ending = false;
  #at_once = false;
  #acknowledged = true;
  #id = "";
  readonly #left_out = new LeftOut();
  /** What is wanted of apps because of lines. */
  readonly #requests = new OpenRequests();

  constructor(given: Given<typeof nodeFlags>, apps: readonly AppModule[], makeApp: MakeApp) {
    this.#given = given;
    this.#apps = apps;
    const format = { json: given.json ?? false, shown: stdout.is_terminal };
    this.#app = makeApp(format);
    const { alone, front } = this.#app;
    this.#format = { ...format, apps, ...(alone ? { only: front.app } : {}) };
  }

  async run(): Promise<number> {
    const closed = stdout.whenClosed();
    const stop = watchSignals((code) => this.#interrupt(code));
    try {
      const join = await this.#addresses();
      if (!this.#ending) await this.#open(join);
      closed.then(() => this.#end(EXIT.done, CLOSED_MS));
      await this.#ended.promise;
      if (this.#at_once) return this.#code;
      await stdout.flush();
      if (this.#code === EXIT.done && !this.#acknowledged) {
        say("rumor: not everything was acknowledged by another node");
        this.#code = EXIT.unacknowledged;
      }
      if (this.#left_out.more !== null) say(`rumor: ${this.#left_out.more}`);
      const last = this.#runtime === undefined ? "" : this.#app.atExit(this.#runtime.state);
      if (last !== "") await stdout.print(last);
      await this.#runtime?.close();
      return this.#code;
    } finally {
      stop();
      this.#terminal?.close();
    }
  }

  /** Where to join: what was given, else what a person says. */
  async #addresses(): Promise<readonly string[]> {
    const { join } = this.#given;
    if (!Deno.stdin.isTerminal()) return join;
    const { Terminal } = await import("../prompt/mod.ts");
    const keepTyped = !this.#app.front.echo || !stdout.is_terminal;
    this.#prompt = await this.#app.prompt?.();
    const assist = this.#prompt?.assist(() => this.#runtime?.state);
    this.#terminal = new Terminal(undefined, { color: stderr.wants_color, keepTyped, assist });
    return join.length > 0 ? join : await askPeer(this.#terminal);
  }

  /** Opens what the node needs, and starts it. */
  async #open(join: readonly string[]): Promise<void> {
    const tell = (line: string) => this.#say(line);
    const store = await openStore(this.#given, this.#apps, tell);
    if (typeof store === "string") return this.#fail(store);
    if (this.#ending) return;
    const place: Place = this.#given.listen ?? { host: "0.0.0.0", port: 0 };
    const makeTransport = await openTransport(this.#given, place, tell);
    if (typeof makeTransport === "string") return this.#fail(makeTransport);
    this.#start(join, store, { ...place, makeTransport });
  }

  #start(
    join: readonly string[],
    store: Store | null,
    { host, port, makeTransport }: Place & { readonly makeTransport: MakeTransport },
  ): void {
    const identity = store?.identity ?? makeIdentity();
    const sealer = new Sealer();
    this.#id = identity.id;
    const config = makeNodeConfig(this.#given, join, {
      id: identity.id,
      box: sealer.box,
      durable: store !== null,
      front: this.#app.front,
      apps: this.#app.apps ?? {},
      listen: joinAddress(host, port),
    });
    const handler = {
      print: (records: readonly Printed[], done: () => void) => this.#print(records, done),
      notice: (notice: Notice) => this.#notice(notice),
      done: (acknowledged: boolean) => {
        this.#acknowledged = acknowledged;
        this.#ended.resolve();
      },
    };
    const apps = this.#apps.map(({ app }) => app);
    const workers = workersOf(this.#apps, { host, data: this.#given.data ?? null });
    const parts = { config, identity, sealer, apps, workers, handler, makeTransport, store };
    this.#runtime = new Runtime(parts);
    let doing = "read what is stored";
    try {
      this.#runtime.restore();
      doing = `listen on ${host}:${port}`;
      this.#runtime.start(host, port, fallbackHost());
    } catch (error) {
      return this.#fail(`cannot ${doing}: ${describeError(error)}`);
    }
    this.#read().catch((error) => {
      say(`rumor: cannot read the input: ${(error as Error).message}`);
      this.#end(EXIT.failed, this.#timeout());
    });
  }

  async #read(): Promise<void> {
    const complete = await this.#publishInput();
    if (!complete || this.#given["keep-open"]) return;
    const open = await this.#requests.settled(this.#timeout());
    if (this.#ending) return;
    if (open > 0) {
      say(`rumor: ${open} ${open === 1 ? "line is" : "lines are"} not decided yet`);
      this.#note(EXIT.unacknowledged);
    }
    this.#end(this.#code, this.#timeout());
  }

  /** Wants something of an app; resolves to how it ended. */
  #request(app: string, request: Json): Promise<string | null> {
    return this.#requests.send((tag) => this.#runtime.request(app, request, tag));
  }

  /** Publishes the input; whether it came to its end by itself. */
  async #publishInput(): Promise<boolean> {
    const terminal = this.#terminal;
    const request = (app: string, item: Json) => this.#request(app, item);
    const common = {
      runtime: this.#runtime,
      tell: (line: string) => this.#say(line),
      quit: () => this.#end(this.#code, this.#timeout()),
      interrupt: () => this.#interrupt(EXIT.interrupted),
    };
    if (this.#app.talk !== undefined) {
      return await converse(this.#app.talk, {
        ...common,
        terminal,
        complain: (text, code) => this.#complain(text, code),
        request,
      });
    }
    const complain = (text: string) => this.#complain(text);
    const handing = new Handing({ requests: this.#requests, request, complain });
    const desk = {
      ...common,
      app: this.#app,
      complain,
      hand: (to: HandsTo, item: Json, number: number) => handing.hand(to, item, number),
    };
    if (terminal === null) {
      await publishPipe(desk);
      return true;
    }
    return await publishTyped({
      ...desk,
      terminal,
      prompt: this.#prompt,
      tellAll: (lines) => terminal.printAbove(() => lines.forEach(say)),
      request: (app, request, number) => this.#runtime.request(app, request, number),
      patience_ms: this.#given.timeout ?? PRIVATE_MS,
    });
  }

  #print(records: readonly Printed[], done: () => void): void {
    const pieces = formatRecords(records, this.#format);
    if (this.#terminal === null) return void writePieces(pieces).then(done);
    this.#terminal.printAbove(() => writePiecesNow(pieces));
    queueMicrotask(done);
  }

  #notice(notice: Notice): void {
    if (notice.kind === "ignored" && !this.#isToldOf(notice.origin)) return;
    if (notice.kind === "done" && this.#requests.end(notice.tag, null)) return;
    if (notice.kind === "refused" && notice.source.kind === "local") {
      if (this.#requests.end(notice.source.tag, notice.why)) return;
    }
    if (notice.kind === "alone" && notice.then === "end") this.#code = EXIT.unreachable;
    if (notice.kind === "renewed") this.#id = notice.id;
    this.#note(noticeCode(notice, this.#id));
    const text = noticeText(notice, {
      labelOf: (id) => this.#labelOf(id),
      messageOf: (app) => messageWord(this.#apps, app),
    });
    if (text !== null) this.#say(text);
  }

  /** The run ends with this code, unless something else failed before. */
  #note(code: number): void {
    if (this.#code === EXIT.done) this.#code = code;
  }

  /** Ends a run that never began. */
  #fail(why: string): void {
    say(`rumor: ${why}`);
    this.#code = EXIT.failed;
    this.#ended.resolve();
  }

  #labelOf(id: string): string {
    return labelOf(id, this.#runtime.state.membership.members.by_id.get(id)?.name ?? "");
  }

  /** Whether an item that all nodes leave out is named; others must not fill this node's stderr. */
  #isToldOf(origin: string): boolean {
    if (!this.#app.tells_left_out) return false;
    return origin === this.#id || this.#left_out.isToldOf();
  }

  #complain(text: string, code: number = EXIT.failed): void {
    this.#note(code);
    this.#say(`rumor: ${text}`);
  }

  #say(text: string): void {
    if (this.#terminal === null) say(text);
    else this.#terminal.printAbove(() => say(text));
  }

  #interrupt(code: number): void {
    if (this.#ending && this.#code === code) {
      // The second time nobody wants to wait.
      this.#at_once = true;
      this.#ended.resolve();
      return;
    }
    this.#end(code, INTERRUPT_MS);
  }

  #end(code: number, within_ms: number): void {
    if (this.#ending && code === EXIT.done) return;
    this.#ending = true;
    this.#code = code;
    if (this.#runtime === undefined) this.#ended.resolve();
    else this.#runtime.leave(within_ms);
  }

  #timeout(): number {
    return this.#given.timeout ?? 10_000;
  }
}
