/** The lines of a document as people write them. */
import { keystoreText } from "./cards.js";
import { dateTime, hasText, place, text } from "./messages.js";
import type { SummaryLine } from "./protocol.js";

/** A value of the document as people write it. */
export function shown({ key, value }: SummaryLine): string {
  if (value === "") return text("summary-none");
  switch (key) {
    case "summary-kind":
      return hasText(`summary-kind-${value}`) ? text(`summary-kind-${value}`) : value;
    case "summary-created":
      return dateTime(Date.parse(value) / 1000);
    case "summary-number":
      return value.replace(/(\d{4})(?=\d)/g, "$1 ");
    case "summary-region":
    case "summary-settlement":
    case "summary-centre":
      return place(value);
    case "summary-country":
      return hasText(`country-${value}`) ? text(`country-${value}`) : value;
    case "summary-keystore":
      return keystoreText(value);
    case "summary-key-purpose":
      return text(`purpose-${value}`);
    case "summary-key-digest":
      return value.replace(/(.{8})(?=.)/g, "$1 ");
    default:
      return value;
  }
}
