// Live progress on standard error: a block of lines redrawn in place, or on anything but a terminal a line now and then.
import type { Clock } from "../base/clock.ts";
import { redraws, type Shell, showsUnicode } from "./shell.ts";
import { shorten, textWidth } from "./table.ts";
import { count } from "./words.ts";

/** How far one stream is. */
export interface StreamProgress {
  readonly stream: string;
  /** What it does now, in a word: waiting, reading, writing, in step, failed. */
  readonly doing: string;
  readonly lane: string;
  readonly read: number;
  /** How many there are to read, where that is known. */
  readonly total?: number | undefined;
  readonly written: number;
  readonly parked: number;
}

/** One line per stream: bar, counts, lane. */
export function drawProgress(streams: readonly StreamProgress[], look: { width: number; unicode: boolean }): string[] {
  const nameWidth = Math.max(0, ...streams.map((one) => textWidth(one.stream)));
  return streams.map((one) => {
    const name = one.stream.padEnd(nameWidth);
    const parts = [
      one.total === undefined ? `${count(one.read)} read` : `${count(one.read)} of ${count(one.total)} read`,
      ...(one.written > 0 ? [`${count(one.written)} written`] : []),
      ...(one.parked > 0 ? [`${count(one.parked)} parked`] : []),
    ];
    const doing = one.lane === "" ? one.doing : `${one.doing} (${one.lane})`;
    return shorten(`  ${name}  ${bar(one, look.unicode)}  ${parts.join(", ").padEnd(28)}  ${doing}`, look.width);
  });
}

const BAR = 16;

function bar(one: StreamProgress, unicode: boolean): string {
  const [full, empty] = unicode ? ["█", "░"] : ["#", "."];
  const share = one.doing === "in step" ? 1 : one.total ? Math.min(1, one.read / one.total) : 0;
  const filled = Math.floor(share * BAR);
  return full.repeat(filled) + empty.repeat(BAR - filled);
}

/** How often anything but a terminal gets a line. */
const LINE_EVERY_MS = 10_000;

/** A block that is drawn again and again. `end` leaves the last drawing standing; nothing may be written to standard error in between. */
export class ProgressBlock {
  readonly #shell: Pick<Shell, "stderr" | "env">;
  readonly #clock: Pick<Clock, "now">;
  #drawn = 0;
  #last = "";
  #nextLineAt: number;

  constructor(shell: Pick<Shell, "stderr" | "env"> & { readonly clock: Pick<Clock, "now"> }) {
    this.#shell = shell;
    this.#clock = shell.clock;
    this.#nextLineAt = shell.clock.now() + LINE_EVERY_MS;
  }

  draw(streams: readonly StreamProgress[]): void {
    const { stderr, env } = this.#shell;
    if (!redraws(this.#shell)) {
      const now = this.#clock.now();
      if (now < this.#nextLineAt) return;
      this.#nextLineAt = now + LINE_EVERY_MS;
      const busy = streams.filter((one) => one.read > 0 || one.written > 0);
      const said = busy.map((one) => `${one.stream} ${count(one.read)} read, ${count(one.written)} written`);
      stderr.write(`  ${said.length > 0 ? said.join("; ") : "waiting"}\n`);
      return;
    }
    const lines = drawProgress(streams, { width: (stderr.columns || 80) - 1, unicode: showsUnicode(env) });
    const text = lines.map((line) => `\u001b[2K${line}\n`).join("");
    if (text === this.#last) return;
    stderr.write((this.#drawn > 0 ? `\u001b[${this.#drawn}A` : "") + text);
    this.#drawn = lines.length;
    this.#last = text;
  }

  /** The block stays; what is written next comes below it. */
  end(): void {
    this.#drawn = 0;
    this.#last = "";
  }
}
