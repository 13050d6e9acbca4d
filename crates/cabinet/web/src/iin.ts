/** The individual identification number: twelve digits, the last of which checks the others. */

/** Why a text is no number, as a message key; `null` when it is one. The server checks the same again. */
export function iinFault(text: string): "iin-form" | "iin-check-digit" | null {
  const digits = [...text.replace(/\s/g, "")].map(Number);
  if (digits.length !== 12 || digits.some((digit) => !Number.isInteger(digit))) return "iin-form";
  return digits[11] === checkDigit(digits.slice(0, 11)) ? null : "iin-check-digit";
}

/** Weights 1 to 11 modulo 11; where that gives 10, weights 3 to 11, 1, 2; where that gives 10 again, there is none. */
function checkDigit(body: readonly number[]): number | null {
  const sum = (first: number): number =>
    body.reduce((total, digit, place) => total + (((place + first - 1) % 11) + 1) * digit, 0) % 11;
  return [sum(1), sum(3)].find((rest) => rest < 10) ?? null;
}
