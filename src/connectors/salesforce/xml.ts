// As much XML as answers of the SOAP API need.

/** What stands in the elements of this name, whatever their prefix. Enough for answers in which no element holds another of its own name. */
export function elementsIn(xml: string, name: string): string[] {
  const pattern = new RegExp(`<(?:[\\w.-]+:)?${name}(?:\\s[^>]*)?>([\\s\\S]*?)</(?:[\\w.-]+:)?${name}>`, "gu");
  return [...xml.matchAll(pattern)].map((match) => match[1]!);
}

/** The text of the first such element; undefined where there is none, or it is empty. */
export function textIn(xml: string, name: string): string | undefined {
  const found = elementsIn(xml, name)[0]?.trim();
  return found ? unescapeXml(found) : undefined;
}

export const escapeXml = (text: string): string =>
  text.replaceAll("&", "&amp;").replaceAll("<", "&lt;").replaceAll(">", "&gt;");

const unescapeXml = (text: string): string =>
  text
    .replaceAll("&lt;", "<")
    .replaceAll("&gt;", ">")
    .replaceAll("&quot;", '"')
    .replaceAll("&apos;", "'")
    .replaceAll("&amp;", "&");
