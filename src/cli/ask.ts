// Secrets come in by standard input: asked for without echo on a terminal, read as lines or JSON from a pipe. Never as arguments.
import { createInterface } from "node:readline";
import { Writable } from "node:stream";
import { WinstonError } from "../base/errors.ts";
import type { Shell } from "./shell.ts";

export interface Question {
  readonly key: string;
  readonly title: string;
  readonly optional?: boolean;
}

/** Asks for each secret in turn. Blank optional ones are left out. Throws usage.wrong for a missing or unknown one. */
export async function askSecrets(shell: Shell, questions: readonly Question[]): Promise<Record<string, string>> {
  if (!shell.stdin.isTTY) return parseSecrets(await readAll(shell.stdin), questions);
  const answers: string[] = [];
  for (const { title, optional } of questions)
    answers.push(await askHidden(shell, `${title}${optional ? " (may be left empty)" : ""}: `));
  return filled(answers, questions);
}

/** What came through a pipe: a JSON object by key, or one value per line in the order asked. */
export function parseSecrets(text: string, questions: readonly Question[]): Record<string, string> {
  const keys = questions.map((one) => one.key);
  if (!text.trimStart().startsWith("{")) {
    const lines = text.split(/\r?\n/u);
    while (lines.at(-1) === "") lines.pop();
    if (lines.length > questions.length)
      throw wrong(
        `There are ${lines.length} lines on standard input; give ${questions.length}: ${keys.join(", ")}, in this order.`,
      );
    return filled(lines, questions);
  }
  let given: unknown;
  try {
    given = JSON.parse(text);
  } catch {
    throw wrong(`Standard input begins like JSON but is none. Give an object with ${keys.join(", ")}.`);
  }
  const object = given as Record<string, unknown>;
  for (const [key, value] of Object.entries(object)) {
    if (!keys.includes(key)) throw wrong(`"${key}" is not asked for; give ${keys.join(", ")}.`);
    if (typeof value !== "string") throw wrong(`"${key}" must be text.`);
  }
  return filled(
    keys.map((key) => (object[key] as string | undefined) ?? ""),
    questions,
  );
}

function filled(answers: readonly string[], questions: readonly Question[]): Record<string, string> {
  const secrets: Record<string, string> = {};
  for (const [at, { key, title, optional }] of questions.entries()) {
    const answer = (answers[at] ?? "").trim();
    if (answer !== "") secrets[key] = answer;
    else if (!optional) throw wrong(`${title} ("${key}") is missing; it is read from standard input.`);
  }
  return secrets;
}

const wrong = (message: string): WinstonError => new WinstonError("usage.wrong", message);

/** All of a stream as text; nothing at all when it is a closed or absent input. */
export async function readAll(stream: AsyncIterable<Buffer | string>, bytesMax = 1_000_000): Promise<string> {
  const chunks: Buffer[] = [];
  let size = 0;
  for await (const chunk of stream) {
    chunks.push(Buffer.from(chunk));
    size += chunks.at(-1)!.length;
    if (size > bytesMax) throw wrong(`Standard input holds more than ${bytesMax} bytes.`);
  }
  return Buffer.concat(chunks).toString("utf8");
}

/** One line of a terminal, shown as it is typed. */
export const askLine = (shell: Shell, question: string): Promise<string> => ask(shell, question, shell.stderr);

/** One line of a terminal, not shown while it is typed. */
const askHidden = (shell: Shell, question: string): Promise<string> =>
  ask(shell, question, new Writable({ write: (_chunk, _encoding, done) => done() }));

function ask(shell: Shell, question: string, output: Writable): Promise<string> {
  const lines = createInterface({ input: shell.stdin, output, terminal: true });
  shell.stderr.write(question);
  return new Promise((resolve, reject) => {
    const stop = (): void => {
      lines.close();
      reject(new DOMException("stopped while asking", "AbortError"));
    };
    lines.once("SIGINT", () => process.kill(process.pid, "SIGINT"));
    shell.signal.addEventListener("abort", stop, { once: true });
    lines.once("line", (line) => {
      shell.signal.removeEventListener("abort", stop);
      lines.close();
      shell.stderr.write("\n");
      resolve(line);
    });
  });
}
