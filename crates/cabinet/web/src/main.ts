/** Starts the scripts of the page that is shown. */
import { readCsrf } from "./api.js";
import { forgetChosen } from "./chooser.js";
import { countLetters } from "./counter.js";
import { element, find } from "./dom.js";
import { call, isRunning, onWiped } from "./keys.js";
import { readPageData, text } from "./messages.js";
import { takeOver } from "./navigation.js";
import { Problem, showError, showProblems } from "./problem.js";
import { start as startApplication } from "./page-application.js";
import { start as startConfirm } from "./page-confirm.js";
import { startAgain as startFirstAgain, startConfirm as startFirst, startPerson as startFirstPerson, startPlace as startFirstPlace } from "./page-first.js";
import { start as startDesk } from "./page-desk.js";
import { start as startEnter } from "./page-enter.js";
import { start as startPassword } from "./page-password.js";
import { start as startReissue } from "./page-reissue.js";
import { start as startRevoke } from "./page-revoke.js";
import { rememberPerson } from "./session.js";

const pages: Readonly<Record<string, () => Promise<void>>> = {
  "#enter-form": startEnter,
  "#reissue-form": startReissue,
  "#confirm-form": startConfirm,
  "#application": startApplication,
  "#password-form": startPassword,
  "#revoke-form": startRevoke,
  "#first-again-form": startFirstAgain,
  "#first-person-form": startFirstPerson,
  "#first-place-form": startFirstPlace,
  "#first-form": startFirst,
  "#desk-forms": startDesk,
};

function startPage(): void {
  // Taken over here so that the keys stay in memory; without script it is a form like any other.
  for (const form of document.querySelectorAll<HTMLFormElement>("#cancel-form")) form.dataset["swap"] = "";
  for (const form of document.querySelectorAll<HTMLFormElement>("form[data-logout]")) form.addEventListener("submit", signOut);
  countLetters();
  if (pageNeedsKeys() && !canMakeKeys()) return;
  for (const [selector, start] of Object.entries(pages)) {
    if (find(selector, HTMLElement) !== null) start().catch(showError);
  }
}

function pageNeedsKeys(): boolean {
  return ["enter-form", "confirm-form", "password-form", "revoke-form", "first-again-form", "first-person-form", "first-form", "desk-forms"].some((id) => element(id) !== null);
}

/** Says at once, not after a password was typed, that this browser cannot do it. */
function canMakeKeys(): boolean {
  if (!isSecureContext) {
    showProblems([Problem.of("insecure-page")]);
    return false;
  }
  if (typeof WebAssembly !== "object" || typeof Worker !== "function" || crypto.subtle === undefined) {
    showProblems([Problem.of("browser-too-old")]);
    return false;
  }
  return true;
}

function signOut(): void {
  rememberPerson(null);
  forgetChosen();
  if (isRunning()) void call("forget", {}).catch(() => undefined);
}

onWiped(() => {
  const line = element("progress");
  if (line === null) return;
  line.hidden = false;
  line.textContent = text("keys-wiped");
});

readPageData(document);
readCsrf();
takeOver(startPage);
startPage();
