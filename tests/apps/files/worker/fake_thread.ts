/** A thread of files with a disk that is none. */

import { runThread } from "../../../../src/apps/files/worker/thread.ts";
import { FakeDisk } from "./fake_disk.ts";

const scope = globalThis as unknown as Worker;
const hear = runThread(scope, () => new FakeDisk());
scope.onmessage = ({ data }) => hear(data);
