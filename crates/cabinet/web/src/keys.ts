/** The page's end of the worker that owns the keys. */
import { onClockOffset, serverMilliseconds } from "./api.js";
import { Problem } from "./problem.js";
import { progress } from "./progress.js";
import type { CallName, Calls, Reply } from "./protocol.js";
import { trustedScriptUrl } from "./trusted.js";

interface Waiting {
  readonly resolve: (value: never) => void;
  readonly reject: (problem: Problem) => void;
}

let worker: Worker | null = null;
let last = 0;
const waiting = new Map<number, Waiting>();
const wipeListeners: (() => void)[] = [];

/** Called when the worker has forgotten everything by itself. */
export function onWiped(listener: () => void): void {
  wipeListeners.push(listener);
}

/** Whether a worker runs; if not, there is nothing to forget. */
export function isRunning(): boolean {
  return worker !== null;
}

export function call<Name extends CallName>(name: Name, args: Calls[Name][0]): Promise<Calls[Name][1]> {
  const id = ++last;
  return new Promise((resolve, reject) => {
    waiting.set(id, { resolve: resolve as (value: never) => void, reject });
    started().postMessage({ id, call: name, args });
  });
}

function started(): Worker {
  if (worker !== null) return worker;
  const made = new Worker(trustedScriptUrl(new URL("./worker.js", import.meta.url)), { type: "module", name: "keys" });
  made.onmessage = ({ data }: MessageEvent<Reply>) => receive(data);
  made.onerror = () => {
    // The script did not load or broke: nothing that waits will be answered.
    for (const { reject } of waiting.values()) reject(Problem.of("module-failed"));
    waiting.clear();
    made.terminate();
    worker = null;
  };
  worker = made;
  tellClock(made);
  return made;
}

function receive(reply: Reply): void {
  if ("event" in reply) {
    if (reply.event === "progress") progress(reply.key, reply.values);
    else for (const listener of wipeListeners) listener();
    return;
  }
  const entry = waiting.get(reply.id);
  waiting.delete(reply.id);
  if ("ok" in reply) entry?.resolve(reply.ok as never);
  else entry?.reject(Problem.ofFailure(reply.error));
}

/** The worker's own clock may be another one: it is told the time, not the difference. */
function tellClock(to: Worker): void {
  to.postMessage({ id: 0, call: "clock", args: { now: serverMilliseconds() } });
}

onClockOffset(() => {
  if (worker !== null) tellClock(worker);
});

const TOUCH_MILLISECONDS = 30_000;
let touched = 0;

/** A person who types and clicks is not idle. */
function touch(): void {
  const at = Date.now();
  if (worker === null || at - touched < TOUCH_MILLISECONDS) return;
  touched = at;
  void call("touch", {});
}

for (const kind of ["pointerdown", "keydown"] as const) document.addEventListener(kind, touch, { passive: true });
