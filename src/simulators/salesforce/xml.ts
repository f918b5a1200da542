// As much XML as SOAP needs: elements, text and entities. Prefixes are dropped; comments and doctypes are refused.

export interface Element {
  readonly name: string;
  /** xsi:nil="true" */
  readonly nil: boolean;
  readonly children: Element[];
  text: string;
}

const ENTITIES: Readonly<Record<string, string>> = { lt: "<", gt: ">", amp: "&", quot: '"', apos: "'" };

/** The root element, or null when the text is not such XML. */
export function parseXml(text: string): Element | null {
  const root: Element = { name: "", nil: false, children: [], text: "" };
  const stack: Element[] = [root];
  const pattern = /<\?[\s\S]*?\?>|<(\/?)([\w:.-]+)([^<>]*?)(\/?)>|([^<]+)/gu;
  let at = 0;
  for (const match of text.matchAll(pattern)) {
    if (match.index !== at) return null;
    at += match[0].length;
    const [, closing, tag, attributes, selfClosing, plain] = match;
    const top = stack.at(-1)!;
    if (plain !== undefined) top.text += unescape(plain);
    else if (tag !== undefined) {
      const name = tag.replace(/^.*:/u, "");
      if (closing) {
        if (stack.length < 2 || top.name !== name) return null;
        stack.pop();
      } else {
        const element = { name, nil: /\bnil="true"/u.test(attributes ?? ""), children: [], text: "" };
        top.children.push(element);
        if (!selfClosing) stack.push(element);
      }
    }
  }
  return at === text.length && stack.length === 1 ? (root.children[0] ?? null) : null;
}

function unescape(text: string): string {
  return text.replaceAll(/&(#x[0-9a-fA-F]+|#\d+|\w+);/gu, (whole, code: string) => {
    if (code.startsWith("#x")) return String.fromCodePoint(Number.parseInt(code.slice(2), 16));
    if (code.startsWith("#")) return String.fromCodePoint(Number(code.slice(1)));
    return ENTITIES[code] ?? whole;
  });
}

export function escapeXml(text: string): string {
  return text.replaceAll("&", "&amp;").replaceAll("<", "&lt;").replaceAll(">", "&gt;").replaceAll('"', "&quot;");
}

export const child = (element: Element | undefined, name: string): Element | undefined =>
  element?.children.find((one) => one.name === name);

export function textOf(element: Element | undefined, name: string): string | undefined {
  const found = child(element, name);
  return found && !found.nil && found.text.trim() !== "" ? found.text.trim() : undefined;
}
