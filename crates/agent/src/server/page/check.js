// What only the browser knows: whether it trusts the agent by itself, and what it lets pages do. The sentences are all on the
// page already, hidden; here is decided which of them are true.
"use strict";

const PATIENCE_MILLISECONDS = 8000;
const { hostname, port } = location;

/** Shows one of the findings about a cause, and takes away that it is being looked for. */
function found(cause, which) {
  for (const item of document.querySelectorAll(`[data-browser^="${cause}-"]`)) item.hidden = item.dataset.browser !== `${cause}-${which}`;
}

/** Whether the agent greets over a socket under this name. */
function greets(host) {
  return new Promise((resolve) => {
    let socket;
    try {
      socket = new WebSocket(`wss://${host}:${port}/`);
    } catch {
      resolve(false);
      return;
    }
    const timer = setTimeout(() => socket.close(), PATIENCE_MILLISECONDS);
    const end = (greeted) => {
      clearTimeout(timer);
      socket.close();
      resolve(greeted);
    };
    socket.addEventListener("message", () => end(true));
    socket.addEventListener("error", () => end(false));
    socket.addEventListener("close", () => end(false));
  });
}

/** Sites use both names. A certificate that a person accepted by hand was accepted for one of them alone. */
async function lookAtTrust() {
  const other = hostname === "localhost" ? "127.0.0.1" : "localhost";
  if (!(await greets(hostname))) return found("trust", "socket");
  return found("trust", (await greets(other)) ? "good" : "hand");
}

/** Browsers name the permission differently; where none has the name there is no such permission. */
async function lookAtPermission() {
  for (const name of ["loopback-network", "local-network-access"]) {
    try {
      const { state } = await navigator.permissions.query({ name });
      return found("permission", state === "denied" ? "denied" : "asks");
    } catch {
      // This browser does not know the name.
    }
  }
  return found("permission", "none");
}

Promise.all([lookAtTrust(), lookAtPermission()]).then(() => {
  const bad = document.querySelector('li[data-state="bad"]:not([hidden])') !== null;
  for (const verdict of document.querySelectorAll(".verdict")) verdict.hidden = (verdict.dataset.state === "bad") !== bad;
  document.documentElement.dataset.looked = "yes";
});
