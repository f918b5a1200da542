// Phone numbers. We want one spelling for equal numbers, not a judge of numbers, so the small metadata ("min", 83 kB against 157 kB)
// is enough: it knows every country's prefixes, lengths and leading digits; "max" adds which range is a mobile and lags behind new ranges.
import { isSupportedCountry, parsePhoneNumberFromString, type CountryCode } from "libphonenumber-js/min";

export type { CountryCode };
export { isSupportedCountry };

/** North America: any ten digits that begin with 2 to 9 are taken for a number, whether or not the metadata knows the area code yet; read without the library, as it is most of many address books. */
const NORTH_AMERICA = /^\+1[2-9]\d{9}$/u;
const NORTH_AMERICA_LOCAL = /^(?:\+?1[ .-]?)?\(?([2-9]\d\d)\)?[ .-]?(\d{3})[ .-]?(\d{4})$/u;

/** E.164 where the text is a whole number of some country, with " ext. 12" where it has an extension; else as written, trimmed. `country` reads numbers without a "+". */
export function canonicalPhone(text: string, country?: CountryCode): string {
  const trimmed = text.trim();
  if (NORTH_AMERICA.test(trimmed)) return trimmed;
  if (country === "US" || trimmed.startsWith("+1")) {
    const local = NORTH_AMERICA_LOCAL.exec(trimmed);
    if (local) return `+1${local[1]}${local[2]}${local[3]}`;
  }
  if (trimmed.length > 80 || !/\d{2}/u.test(trimmed)) return trimmed;
  const parsed = parsePhoneNumberFromString(trimmed, {
    extract: false,
    ...(country === undefined ? {} : { defaultCountry: country }),
  });
  if (!parsed || !(NORTH_AMERICA.test(parsed.number) || parsed.isValid())) return trimmed;
  return parsed.ext === undefined ? parsed.number : `${parsed.number} ext. ${parsed.ext}`;
}
