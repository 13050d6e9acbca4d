/** What pages and the worker say to each other. Secrets go one way only: to the worker. */

/** What a key may be used for, as its certificate says. */
export type Purpose = "authentication" | "signature" | "both" | "certification-authority" | "other";

/** One key of an opened file. Nothing in it is secret. */
export interface Entry {
  /** Name of the key inside the worker. */
  readonly id: number;
  /** The name that the page gave to the file. */
  readonly file: string;
  readonly owner: string;
  readonly iin: string | null;
  readonly purpose: Purpose | null;
  /** Seconds since 1970. */
  readonly notBefore: number | null;
  readonly notAfter: number | null;
  readonly serial: string | null;
  readonly issuer: string | null;
  readonly algorithm: string;
  /** Identifier of the keystore in the certificate. */
  readonly keystore: string | null;
  /** Why the key cannot be used at all, as a message key; `null` when it can. */
  readonly problem: string | null;
  /** Values for the message of `problem`. */
  readonly values: Readonly<Record<string, string>>;
}

/** A file that the page read. */
export interface KeyFile {
  readonly name: string;
  readonly bytes: Uint8Array;
}

/** What became of one file. */
export interface OpenedFile {
  readonly name: string;
  readonly entries: readonly Entry[];
  /** `null` when it opened. */
  readonly failure: Failure | null;
}

/** An error that may cross to the page: a message key and values for its text. */
export interface Failure {
  readonly code: string;
  readonly values?: Readonly<Record<string, string>>;
}

/** One line of the application in plain words. */
export interface SummaryLine {
  readonly key: string;
  readonly value: string;
}

/** What the password rule says. */
export interface PasswordVerdict {
  /** Message keys of the broken rules. */
  readonly broken: readonly string[];
  /** Message key of the strength. */
  readonly strength: string;
}

/** New keys: requests to send, and the keys to keep until the certificates come. */
export interface NewKeys {
  /** PKCS#10, base64, authentication first. */
  readonly requests: readonly string[];
  readonly locked: LockedKeys;
}

/** New keys on this device, encrypted under the new password, without their certificates. Stored. */
export interface LockedKeys {
  /** In the order of the file. */
  readonly keys: readonly LockedKey[];
  /** PKCS#12. */
  readonly bytes: Uint8Array;
}

export interface LockedKey {
  readonly purpose: Purpose;
  /** SHA-256 of the public key, hexadecimal. */
  readonly publicKey: string;
}

/** A finished key file. */
export interface InstalledFile {
  readonly name: string;
  readonly purpose: Purpose;
  readonly bytes: Uint8Array;
}

/** The file that a certificate will get, known before it is written. */
export interface PlannedFile {
  readonly name: string;
  readonly purpose: Purpose;
  /** SHA-256 of the public key, hexadecimal. */
  readonly publicKey: string;
  readonly serial: string;
}

/** Calls of the worker: arguments and result. */
export interface Calls {
  /** Loads the module; calls do it by themselves. */
  load: [args: Record<string, never>, result: null];
  /** Takes the time by the server's clock, milliseconds since 1970. */
  clock: [args: { now: number }, result: null];
  openFiles: [args: { files: readonly KeyFile[]; password: string }, result: readonly OpenedFile[]];
  entries: [args: Record<string, never>, result: readonly Entry[]];
  forget: [args: Record<string, never>, result: null];
  touch: [args: Record<string, never>, result: null];
  checkPassword: [args: { password: string }, result: PasswordVerdict];
  /** Of the cabinet, or of the desk of a registration centre. */
  signChallenge: [args: { entry: number; challenge: string; purpose: "login" | "desk" }, result: string];
  /** Refuses a challenge of another site, purpose or subject, before a token signs it. */
  checkChallenge: [args: { challenge: string; purpose: "login" | "desk" | "installation"; subject: string }, result: null];
  /** Takes the requests (base64) of keys that a token made, in the place of keys of its own. */
  takeRequests: [args: { number: string; requests: readonly string[] }, result: null];
  /** Refuses a document that names other keys than the new ones, before a token signs it. */
  checkDocument: [args: { document: string; number: string }, result: null];
  makeKeys: [args: { number: string; keystore: string; password: string }, result: NewKeys];
  summary: [args: { document: string }, result: readonly SummaryLine[]];
  signDocument: [args: { entry: number; document: string; number: string }, result: string];
  /** The number that solves a proof of work, decimal. */
  solveWork: [args: { challenge: string }, result: string];
  /** Signs a first application by the new signing key. */
  signFirst: [args: { document: string; number: string }, result: string];
  revocationSummary: [args: { document: string }, result: readonly SummaryLine[]];
  signRevocation: [args: { entry: number; document: string; serials: readonly string[]; event: string }, result: string];
  /** Refuses a revocation of other certificates than the chosen ones, before a token signs it. */
  checkRevocation: [args: { document: string; serials: readonly string[]; event: string }, result: null];
  decisionSummary: [args: { document: string }, result: readonly SummaryLine[]];
  /** Signs a decision about this application or person, as the desk prepared it for the owner of the key. */
  signDecision: [args: { entry: number; document: string; about: string }, result: string];
  /** Refuses a decision about something else, before a token signs it. */
  checkDecision: [args: { document: string; about: string }, result: null];
  /** Which new keys are in memory: the application number, or `null`. */
  newKeys: [args: Record<string, never>, result: string | null];
  unlockPending: [args: { number: string; locked: LockedKeys; password: string }, result: null];
  planFiles: [args: { certificates: readonly string[] }, result: readonly PlannedFile[]];
  install: [
    args: { number: string; certificates: readonly string[]; chain: readonly string[] },
    result: readonly InstalledFile[],
  ];
  /** Opens what was written with the new password, checks key against certificate, signs and verifies. */
  verifyInstalled: [args: { number: string; files: readonly KeyFile[] }, result: readonly Entry[]];
  /** Opens files that were saved earlier, in place of keys in memory: they have to hold what was issued, all of it. */
  openSaved: [
    args: { number: string; certificates: readonly string[]; files: readonly KeyFile[]; password: string },
    result: readonly Entry[],
  ];
  proveInstalled: [args: { number: string; challenge: string }, result: readonly string[]];
  changePassword: [args: { file: KeyFile; password: string; replacement: string }, result: KeyFile];
}

export type CallName = keyof Calls;

export interface Request<Name extends CallName = CallName> {
  readonly id: number;
  readonly call: Name;
  readonly args: Calls[Name][0];
}

export type Reply =
  | { readonly id: number; readonly ok: unknown }
  | { readonly id: number; readonly error: Failure }
  | { readonly event: "progress"; readonly id: number; readonly key: string; readonly values: Record<string, string> }
  | { readonly event: "wiped" };
