/** What the page remembers of the person who signed in, as long as the document lives. Nothing in it is secret. */

let iin: string | null = null;

export function rememberPerson(number: string | null): void {
  iin = number;
}

/** The personal number in the certificate that signed in; `null` after a reload. */
export function personIin(): string | null {
  return iin;
}
