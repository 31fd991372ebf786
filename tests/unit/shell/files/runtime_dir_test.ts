/** The directory that only one user can enter. */

import { assert, assertEquals, assertThrows } from "@std/assert";
import { StoreError } from "../../../../src/shell/files/files.ts";
import {
  checkRuntimeDirectory,
  hasLocalSockets,
  makeRuntimeDirectory,
  runtimeDirectories,
} from "../../../../src/shell/files/runtime_dir.ts";
import { WINDOWS } from "../../../helpers/network.ts";

/** A test with a directory of its own; on Windows there is nothing to test. */
function test(name: string, body: (place: string) => void): void {
  Deno.test({
    name,
    ignore: WINDOWS,
    fn: () => {
      const place = Deno.makeTempDirSync();
      try {
        body(place);
      } finally {
        Deno.removeSync(place, { recursive: true });
      }
    },
  });
}

/** The places where these variables are set. */
function placesWith(variables: Readonly<Record<string, string>>): readonly string[] {
  return runtimeDirectories((name) => variables[name] ?? "");
}

/** A directory of another user: only root can give one away, and `/` belongs to root. */
function makeForeign(path: string): string {
  if (Deno.uid() !== 0) return "/";
  Deno.mkdirSync(path, { mode: 0o700 });
  Deno.chownSync(path, 12_345, null);
  return path;
}

test("`runtimeDirectories()` takes RUMOR_RUNTIME_DIR alone where it is set", (place) => {
  assertEquals(placesWith({ RUMOR_RUNTIME_DIR: "/x/y", XDG_RUNTIME_DIR: place }), ["/x/y"]);
});

test("`runtimeDirectories()` takes XDG_RUNTIME_DIR first, and then the directory for files of a while", (place) => {
  const places = placesWith({ XDG_RUNTIME_DIR: place, TMPDIR: "/var/some" });
  assertEquals([places[0], places.at(-1)], [`${place}/rumor`, `/var/some/rumor-${Deno.uid()}`]);
});

test("`runtimeDirectories()` passes over an XDG_RUNTIME_DIR that is not the user's alone", (place) => {
  const foreign = makeForeign(`${place}/foreign`);
  const open = `${place}/open`, link = `${place}/link`;
  Deno.mkdirSync(open);
  Deno.chmodSync(open, 0o755);
  Deno.symlinkSync(place, link);
  for (const dir of [foreign, open, link, `${place}/missing`]) {
    assertEquals(placesWith({ XDG_RUNTIME_DIR: dir }), placesWith({}), dir);
  }
  assertEquals(placesWith({}).at(-1), `/tmp/rumor-${Deno.uid()}`);
});

test("`runtimeDirectories()` takes the user's profile where users have no numbers", () => {
  const placesOf = (variables: Readonly<Record<string, string>>) =>
    runtimeDirectories((name) => variables[name] ?? "", null);
  const profile = { LOCALAPPDATA: "C:\\Users\\anna\\AppData\\Local", TMPDIR: "/tmp" };
  assertEquals(placesOf(profile), [`${profile.LOCALAPPDATA}/rumor`]);
  assertEquals(placesOf({ ...profile, RUMOR_RUNTIME_DIR: "D:/run" }), ["D:/run"]);
  assertEquals(placesOf({ TMPDIR: "/tmp" }), []);
});

test("`hasLocalSockets()` says no on Windows, and where it is told so", () => {
  const none = () => "", told = (name: string) => name === "RUMOR_NO_SOCKETS" ? "1" : "";
  assertEquals([hasLocalSockets("linux", none), hasLocalSockets("darwin", none)], [true, true]);
  assertEquals([hasLocalSockets("windows", none), hasLocalSockets("linux", told)], [false, false]);
});

test("`makeRuntimeDirectory()` makes a directory of mode 0700, and takes it again", (place) => {
  const path = `${place}/rumor`;
  makeRuntimeDirectory(path);
  makeRuntimeDirectory(path);
  const { mode, uid } = Deno.lstatSync(path);
  assertEquals([mode! & 0o777, uid], [0o700, Deno.uid()]);
});

test("`makeRuntimeDirectory()` and `checkRuntimeDirectory()` refuse what is not the user's alone", (place) => {
  const good = `${place}/good`, file = `${place}/file`;
  Deno.mkdirSync(good, { mode: 0o700 });
  Deno.writeTextFileSync(file, "");
  Deno.symlinkSync(good, `${place}/link`);
  Deno.symlinkSync(`${place}/nowhere`, `${place}/broken`);
  for (const mode of [0o701, 0o750, 0o777]) {
    Deno.mkdirSync(`${place}/${mode}`);
    Deno.chmodSync(`${place}/${mode}`, mode);
  }
  const cases = {
    [`${place}/link`]: "is a symbolic link",
    [`${place}/broken`]: "is a symbolic link",
    [file]: "is no directory",
    [makeForeign(`${place}/foreign`)]: "belongs to another user",
    [`${place}/${0o701}`]: "can be entered by others",
    [`${place}/${0o750}`]: "can be entered by others",
    [`${place}/${0o777}`]: "can be entered by others",
  };
  for (const [path, why] of Object.entries(cases)) {
    for (const look of [makeRuntimeDirectory, checkRuntimeDirectory]) {
      const { message } = assertThrows(() => look(path), StoreError) as StoreError;
      assert(message.startsWith(`${path} ${why}; set RUMOR_RUNTIME_DIR to `), message);
    }
  }
});

test("`makeRuntimeDirectory()` makes nothing in a directory that is not there", (place) => {
  assertThrows(() => makeRuntimeDirectory(`${place}/a/b`), StoreError, "cannot be made");
});
