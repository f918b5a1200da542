// Colours of signs, where a terminal shows colours.
import { styleText } from "node:util";

export interface Style {
  /** The text in the colour of its sign. */
  of(sign: string, text: string): string;
  warn(text: string): string;
}

const COLOURS = { "+": "green", "~": "yellow", "-": "red", "!": "magenta", "=": "cyan" } as const;

export function styles(coloured: boolean): Style {
  const paint = (colour: (typeof COLOURS)[keyof typeof COLOURS], text: string): string =>
    coloured ? styleText(colour, text, { validateStream: false }) : text;
  return {
    of: (sign, text) => (sign in COLOURS ? paint(COLOURS[sign as keyof typeof COLOURS], text) : text),
    warn: (text) => paint("magenta", text),
  };
}
