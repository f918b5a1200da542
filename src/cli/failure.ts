// What went wrong, as one clear sentence and an exit code. Never a stack, unless WINSTON_DEBUG asks for it.
import { CommanderError } from "commander";
import { AbortedError, ApiError, WinstonError as SdkError } from "../../sdk/src/index.ts";
import { ERRORS, WinstonError } from "../base/errors.ts";
import { visible } from "./table.ts";

export interface Failure {
  readonly exit: number;
  /** For standard error, without "winston: ". Empty: it was said already. */
  readonly message: string;
  /** Nobody foresaw it: the log should have all there is. */
  readonly unexpected?: true;
}

export const EXIT = {
  failed: 1,
  cancelled: 2,
  someFailed: 3,
  refused: 6,
  different: 10,
  usage: 64,
  interrupted: 130,
} as const;

/** A person said no, or a script did not say yes: nothing was done, and nothing is wrong. */
export class Stopped extends Error {
  readonly exit: number;

  constructor(exit: number, message: string) {
    super(message);
    this.exit = exit;
  }
}

/** `logFile`: where the log of this process is, when it keeps one. */
export function explain(thrown: unknown, context: { aborted: boolean; logFile: string | undefined }): Failure {
  if (thrown instanceof CommanderError) {
    // Commander has printed help, version or its own sentence already.
    return { exit: thrown.exitCode === 0 ? 0 : EXIT.usage, message: "" };
  }
  if (context.aborted && isAbort(thrown)) return { exit: EXIT.interrupted, message: "" };
  if (thrown instanceof Stopped) return { exit: thrown.exit, message: visible(thrown.message) };
  if (thrown instanceof WinstonError) return { exit: thrown.row.exit, message: said(thrown) };
  if (thrown instanceof ApiError) {
    const row = Object.hasOwn(ERRORS, thrown.code) ? ERRORS[thrown.code as keyof typeof ERRORS] : undefined;
    return { exit: row?.exit ?? EXIT.failed, message: ofApi(thrown, context.logFile) };
  }
  if (thrown instanceof SdkError) return { exit: EXIT.failed, message: visible(thrown.message) };
  if (saysFull(thrown)) {
    return {
      exit: ERRORS["store.full"].exit,
      message: "The disk is full. Make room and start again; what Winston accepted is kept.",
    };
  }
  const message = thrown instanceof Error ? thrown.message : String(thrown);
  return {
    exit: EXIT.failed,
    unexpected: true,
    message: `Winston made a mistake: ${visible(message)}. ${
      context.logFile === undefined ? "WINSTON_DEBUG=1 shows where" : `${context.logFile} says more`
    }; please report it.`,
  };
}

const isAbort = (thrown: unknown): boolean =>
  thrown instanceof AbortedError ||
  (thrown instanceof Error && (thrown.name === "AbortError" || isAbort(thrown.cause)));

/** Whether a file could not be written for want of room, also while something else was being cleared up. */
function saysFull(thrown: unknown): boolean {
  if (!(thrown instanceof Error)) return false;
  const { code, cause, error, suppressed } = thrown as Error & Record<"code" | "error" | "suppressed", unknown>;
  return code === "ENOSPC" || code === "EDQUOT" || [cause, error, suppressed].some(saysFull);
}

/** The sentence, and what is wrong with which part where the sentence does not say it already. */
function said(error: WinstonError): string {
  const parts = error.problems
    .filter((problem) => !error.message.includes(problem.message))
    .map((problem) => `\n  ${problem.pointer} ${problem.message}`);
  return visibleLines(error.message + parts.join(""));
}

function ofApi(error: ApiError, logFile: string | undefined): string {
  const detail = error.detail || error.title;
  const parts = error.errors
    .filter((problem) => !detail.includes(problem.message))
    .map((problem) => `\n  ${problem.pointer} ${problem.message}`);
  const where =
    error.status >= 500 && error.requestId !== undefined && !detail.includes(error.requestId)
      ? ` Request ${error.requestId} in ${logFile ?? "Winston's log"} says more.`
      : "";
  return visibleLines(detail + where + parts.join(""));
}

const visibleLines = (text: string): string => text.split("\n").map(visible).join("\n");
