/** A run as a link: the network, the seed and the settings that differ from the usual ones. */

import { isOffered } from "./setting_names";
import { FIRST_NETWORK, type MoreSettings, type Settings, USUAL } from "./state";

const LONGEST = 20_000;

export function toLink(address: string, text: string, settings: Settings, more: MoreSettings = {}): string {
  const query = new URLSearchParams({ net: text });
  for (const key of Object.keys(USUAL) as (keyof Settings)[]) {
    if (settings[key] !== USUAL[key] || key === "seed") query.set(key, String(settings[key]));
  }
  if (Object.keys(more).length > 0) query.set("more", JSON.stringify(more));
  return `${address.split("#")[0]}#/lab?${query}`;
}

/** The network and the settings in a link; what is not there, or not a number where one belongs, is as usual. */
export function fromLink(hash: string): { text: string; settings: Settings; more: MoreSettings } {
  const query = new URLSearchParams(hash.slice(0, LONGEST).split("?")[1] ?? "");
  const settings: Settings = { ...USUAL };
  for (const key of Object.keys(USUAL) as (keyof Settings)[]) {
    const value = query.get(key);
    if (value === null || value === "") continue;
    if (typeof USUAL[key] === "string") Object.assign(settings, { [key]: value });
    else if (Number.isFinite(Number(value))) Object.assign(settings, { [key]: Number(value) });
  }
  return { text: query.get("net") || FIRST_NETWORK, settings, more: moreOf(query.get("more")) };
}

/** The other settings of a link: those that the page has, with values that a setting can have. */
function moreOf(text: string | null): MoreSettings {
  try {
    const read: unknown = JSON.parse(text ?? "{}");
    if (typeof read !== "object" || read === null) return {};
    return Object.fromEntries(Object.entries(read).filter(([name, value]) => isOffered(name) && isPlain(value)));
  } catch {
    return {};
  }
}

function isPlain(value: unknown): boolean {
  return ["string", "number", "boolean"].includes(typeof value) || (Array.isArray(value) && value.every((one) => typeof one === "string"));
}
