/** PBKDF2 by the browser: seven times faster than the same in WASM, and off this thread. */

/** A derivation that the module asks for. */
export interface Derivation {
  /** Name of the digest as WebCrypto writes it. */
  readonly hash: string;
  readonly iterations: number;
  /** Octets. */
  readonly length: number;
}

/** Whether the browser can do it; if not, the module computes by itself. */
export function canDerive(): boolean {
  return typeof globalThis.crypto?.subtle?.deriveBits === "function";
}

export async function pbkdf2(request: Derivation, password: Uint8Array<ArrayBuffer>, salt: Uint8Array<ArrayBuffer>): Promise<Uint8Array> {
  const { subtle } = globalThis.crypto;
  const base = await subtle.importKey("raw", password, "PBKDF2", false, ["deriveBits"]);
  const parameters = { name: "PBKDF2", hash: request.hash, salt, iterations: request.iterations };
  return new Uint8Array(await subtle.deriveBits(parameters, base, request.length * 8));
}
