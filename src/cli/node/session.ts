/** What the commands that run a node have in common: a node with input, output and an end. */

import type { AppModule } from "../../apps/app.ts";
import { joinAddress } from "../../core/data/address.ts";
import type { Json, Notice, Printed } from "../../core/types.ts";
import { makeIdentity } from "../../shell/crypto/crypto.ts";
import { fallbackHost } from "../../shell/net/host.ts";
import { prepareTransport } from "../../shell/net/mixed.ts";
import { Runtime } from "../../shell/node/runtime.ts";
import { Sealer } from "../../shell/crypto/sealer.ts";
import type { Store } from "../../shell/store/store.ts";
import { describeError } from "../../shell/net/tcp.ts";
import type { Transport, TransportHandler } from "../../shell/net/transport.ts";
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
import { messageWord, storedApps, workersOf } from "./apps.ts";
import { makeNodeConfig } from "./config.ts";
import { noticeText } from "./notices.ts";
import { publishPipe, publishTyped } from "./publishing.ts";
import { OpenRequests, pipedReplies, type Talk, typedReplies } from "./talking.ts";

/** Ctrl-C is given this long to say goodbye. */
const INTERRUPT_MS = 1_900;
/** What is said to one alone at the prompt has this long to arrive, unless the user says otherwise. */
const PRIVATE_MS = 600_000;
/** Complaints about other nodes' items that are said one by one; the rest are counted. */
const LEFT_OUT_LINES = 10;
/** So many lines that were handed to an app may wait for how they end. */
const HANDED_MAX = 256;
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

const encoder = new TextEncoder();

class Session {
  readonly #given: Given<typeof nodeFlags>;
  readonly #apps: readonly AppModule[];
  readonly #makeApp: MakeApp;
  readonly #ended = Promise.withResolvers<void>();
  #app!: NodeApp;
  #format!: RecordFormat;
  #runtime!: Runtime;
  #terminal: Terminal | null = null;
  #prompt: PromptApp | undefined;
  #code: number = EXIT.done;
  #ending = false;
  #at_once = false;
  #acknowledged = true;
  #id = "";
  #left_out = 0;
  /** What a conversation wants of apps. */
  readonly #requests = new OpenRequests();
  /** What must be answered before lines are handed to an app. */
  #ready: Promise<unknown> | null = null;

  constructor(given: Given<typeof nodeFlags>, apps: readonly AppModule[], makeApp: MakeApp) {
    this.#given = given;
    this.#apps = apps;
    this.#makeApp = makeApp;
  }

  async run(): Promise<number> {
    const format = { json: this.#given.json ?? false, shown: stdout.is_terminal };
    this.#app = this.#makeApp(format);
    const { alone, front } = this.#app;
    this.#format = { ...format, apps: this.#apps, ...(alone ? { only: front.app } : {}) };
    const closed = stdout.whenClosed();
    const stop = watchSignals((code) => this.#interrupt(code));
    try {
      const join = await this.#addresses();
      const store = this.#ending ? null : await this.#openStore();
      if (store !== undefined && !this.#ending) await this.#start(join, store);
      closed.then(() => this.#end(EXIT.done, CLOSED_MS));
      await this.#ended.promise;
      if (this.#at_once) return this.#code;
      await stdout.flush();
      if (this.#code === EXIT.done && !this.#acknowledged) {
        say("rumor: not everything was acknowledged by another node");
        this.#code = EXIT.unacknowledged;
      }
      if (this.#left_out > LEFT_OUT_LINES) {
        say(`rumor: ${this.#left_out} items of other nodes were left out`);
      }
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
    if (join.length > 0) return join;
    const question = "Peer to join, as host:port (empty starts a new network): ";
    const answer = (await this.#terminal.ask(question))?.trim() ?? "";
    if (answer === "") return [];
    const { readAddress } = await import("../args/values.ts");
    try {
      return [readAddress(answer)];
    } catch {
      say(`rumor: ${answer} is not HOST:PORT; starting a new network`);
      return [];
    }
  }

  async #start(join: readonly string[], store: Store | null): Promise<void> {
    const { host, port } = this.#given.listen ?? { host: "0.0.0.0", port: 0 };
    const makeTransport = await this.#openTransport(host, port);
    if (makeTransport === null) return;
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
      say(`rumor: cannot ${doing}: ${describeError(error)}`);
      this.#code = EXIT.failed;
      this.#ended.resolve();
      return;
    }
    this.#read().catch((error) => {
      say(`rumor: cannot read the input: ${(error as Error).message}`);
      this.#end(EXIT.failed, this.#timeout());
    });
  }

  /** What carries the lines; null where it cannot listen. */
  async #openTransport(
    host: string,
    port: number,
  ): Promise<((handler: TransportHandler) => Transport) | null> {
    const { transport = "tcp", mtu } = this.#given;
    const onNoLocal = (why: string) => this.#say(`rumor: no local socket for guests: ${why}`);
    const options = { onNoLocal, ...(mtu === undefined ? {} : { mtu }) };
    try {
      return await prepareTransport(transport, { host, port }, options);
    } catch (error) {
      say(`rumor: cannot listen on ${host}:${port}: ${describeError(error)}`);
      this.#code = EXIT.failed;
      this.#ended.resolve();
      return null;
    }
  }

  /** The directory of `--data`; null without one, undefined where it cannot be used. */
  async #openStore(): Promise<Store | null | undefined> {
    if (this.#given.data === undefined) return null;
    // Only who stores something pays for SQLite.
    const { Store, StoreError } = await import("../../shell/store/store.ts");
    try {
      const store = Store.open(this.#given.data, storedApps(this.#apps));
      for (const report of store.reports) this.#say(`rumor: ${report}`);
      return store;
    } catch (error) {
      if (!(error instanceof StoreError)) throw error;
      say(`rumor: ${error.message}`);
      this.#code = EXIT.failed;
      this.#ended.resolve();
    }
  }

  async #read(): Promise<void> {
    const complete = await this.#publishInput();
    if (!complete || this.#given["keep-open"]) return;
    const open = await this.#requests.settled(this.#timeout());
    if (this.#ending) return;
    if (open > 0) {
      say(`rumor: ${open} ${open === 1 ? "line is" : "lines are"} not decided yet`);
      if (this.#code === EXIT.done) this.#code = EXIT.unacknowledged;
    }
    this.#end(this.#code, this.#timeout());
  }

  /** Hands an item of a line to an app, which answers it; resolves when more may be handed over. */
  async #hand({ app, after }: HandsTo, item: Json, number: number): Promise<void> {
    await (this.#ready ??= this.#request(after.app, after.request));
    await this.#requests.fewerThan(HANDED_MAX);
    this.#request(app, item).then((why) => {
      if (why !== null) this.#complain(`line ${number}: ${why}`);
    });
  }

  /** Wants something of an app; resolves to how it ended. */
  #request(app: string, request: Json): Promise<string | null> {
    return this.#requests.send((tag) => this.#runtime.request(app, request, tag));
  }

  /** Lets the app talk with the user; whether the input came to its end by itself. */
  async #talk(talk: Talk): Promise<boolean> {
    const terminal = this.#terminal, runtime = this.#runtime;
    const replies = terminal === null
      ? pipedReplies((buffer) => Deno.stdin.read(buffer))
      : typedReplies(terminal, () => this.#interrupt(EXIT.interrupted));
    const print = async (text: string) => {
      if (terminal === null) await stdout.print(text);
      else terminal.printAbove(() => stdout.writeNow(encoder.encode(text)));
    };
    await runtime.inputOpen();
    const quits = await talk({
      ask: async (question) => {
        await print(`${question}\n`);
        return await replies.next();
      },
      print,
      tell: (text) => this.#say(`rumor: ${text}`),
      complain: (text, code) => {
        if (this.#code === EXIT.done) this.#code = code;
        this.#say(`rumor: ${text}`);
      },
      node: () => runtime.state,
      request: (app, request) => this.#request(app, request),
    });
    if (quits) this.#end(this.#code, this.#timeout());
    return !quits;
  }

  /** Publishes the input; whether it came to its end by itself. */
  async #publishInput(): Promise<boolean> {
    const terminal = this.#terminal;
    if (this.#app.talk !== undefined) return await this.#talk(this.#app.talk);
    const desk = {
      app: this.#app,
      runtime: this.#runtime,
      complain: (text: string) => this.#complain(text),
      tell: (line: string) => this.#say(line),
      hand: (to: HandsTo, item: Json, number: number) => this.#hand(to, item, number),
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
      quit: () => this.#end(this.#code, this.#timeout()),
      interrupt: () => this.#interrupt(EXIT.interrupted),
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
    // Somebody else's bad items are not this node's failure.
    const own = notice.kind === "ignored" && notice.origin === this.#id;
    if ((own || notice.kind === "refused") && this.#code === EXIT.done) this.#code = EXIT.failed;
    if (notice.kind === "undelivered" && this.#code === EXIT.done) {
      this.#code = EXIT.unacknowledged;
    }
    const text = noticeText(notice, {
      labelOf: (id) => this.#labelOf(id),
      messageOf: (app) => messageWord(this.#apps, app),
    });
    if (text !== null) this.#say(text);
  }

  #labelOf(id: string): string {
    return labelOf(id, this.#runtime.state.membership.members.by_id.get(id)?.name ?? "");
  }

  /** Whether an item that all nodes leave out is named; others must not fill this node's stderr. */
  #isToldOf(origin: string): boolean {
    if (!this.#app.tells_left_out) return false;
    return origin === this.#id || ++this.#left_out <= LEFT_OUT_LINES;
  }

  #complain(text: string): void {
    if (this.#code === EXIT.done) this.#code = EXIT.failed;
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
