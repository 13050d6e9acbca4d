/** The form: settlements of the chosen region, and the warning where the personal computer is chosen. */
import { element, find, show } from "./dom.js";

export async function start(): Promise<void> {
  const form = find("#reissue-form", HTMLFormElement);
  if (form === null) return;
  narrowSettlements();
  const choose = (): void => {
    const keystore = find('input[name="keystore"]:checked', HTMLInputElement, form)?.value;
    show(element("pc-warning"), keystore === "PKCS12");
  };
  for (const radio of form.querySelectorAll('input[name="keystore"]')) radio.addEventListener("change", choose);
  choose();
}

/** Offers the settlements of the chosen region only. */
export function narrowSettlements(): void {
  const region = find("#region", HTMLSelectElement);
  const settlement = find("#settlement", HTMLSelectElement);
  if (region === null || settlement === null) return;
  const groups = [...settlement.querySelectorAll("optgroup")];
  const choose = (): void => {
    for (const group of groups) {
      const wanted = region.value === "" || group.dataset["region"] === region.value;
      if (wanted) settlement.append(group);
      else group.remove();
    }
    const only = region.value === "" ? [] : [...settlement.querySelectorAll<HTMLOptionElement>("optgroup option")];
    const first = only[0];
    if (only.length === 1 && first !== undefined) settlement.value = first.value;
  };
  region.addEventListener("change", choose);
  choose();
}
