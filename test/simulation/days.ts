// Days of a zone, by the calendar of the platform and not by the engine.

/** The zones that a HubSpot account of a world may be in: on either side of Greenwich, with and without a change of the clocks. */
export const ZONES = ["UTC", "America/New_York", "Europe/Berlin", "Asia/Kolkata"] as const;

const formats = new Map<string, Intl.DateTimeFormat>();
const formatOf = (zone: string): Intl.DateTimeFormat => {
  const known =
    formats.get(zone) ?? new Intl.DateTimeFormat("sv-SE", { timeZone: zone, dateStyle: "short", timeStyle: "medium" });
  formats.set(zone, known);
  return known;
};

/** The day that it is there at that moment: 2026-03-08. */
export const dayIn = (zone: string, at: number): string => formatOf(zone).format(at).slice(0, 10);

/** Late in the evening of that day there, when it may be another day in Greenwich. */
export function eveningIn(zone: string, day: string): number {
  const wanted = Date.parse(`${day}T22:30:00Z`);
  let at = wanted;
  // Twice, for a day on which the clocks change.
  for (let turn = 0; turn < 2; turn++) at += wanted - Date.parse(`${formatOf(zone).format(at).replace(" ", "T")}Z`);
  return at;
}

/** What a vendor's answer says of days: plain ones, and moments as the day that they are in the zone. */
export const daysIn = (zone: string, text: string): string[] =>
  [...text.matchAll(/\b20\d\d-\d\d-\d\d(?:T\d\d:\d\d:\d\d(?:\.\d+)?Z)?/gu)].map(([found]) =>
    found.includes("T") ? dayIn(zone, Date.parse(found)) : found,
  );
