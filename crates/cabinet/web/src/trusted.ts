/** Trusted Types: the only script that is ever loaded by address is our own worker. */

interface Policy {
  createScriptURL(address: string): unknown;
}
interface Factory {
  createPolicy(name: string, rules: { createScriptURL(address: string): string }): Policy;
}

let policy: Policy | null = null;

/** An address of this origin as the browser wants it under `require-trusted-types-for`. */
export function trustedScriptUrl(address: URL): URL {
  const factory = (globalThis as { trustedTypes?: Factory }).trustedTypes;
  if (factory === undefined) return address;
  policy ??= factory.createPolicy("tanba", {
    createScriptURL(text) {
      if (new URL(text, location.href).origin !== location.origin) throw new TypeError("script of another origin");
      return text;
    },
  });
  return policy.createScriptURL(address.href) as URL;
}
