// What the API finds wrong with what the command line handed on: wrong usage, said with the name of the argument or option that brought it.
import { ApiError } from "../../sdk/src/index.ts";
import { WinstonError } from "../base/errors.ts";

/** The call's answer. `names`: by the pointer of what was sent, what brought it, such as "--since". Throws usage.wrong where the API takes it for no valid request. */
export async function asUsage<T>(names: Readonly<Record<string, string>>, call: Promise<T>): Promise<T> {
  try {
    return await call;
  } catch (thrown) {
    if (!(thrown instanceof ApiError) || thrown.code !== "request.invalid") throw thrown;
    const words = thrown.errors.flatMap(({ pointer, message }) => {
      const [, name] = Object.entries(names).find(([at]) => pointer === at || pointer.startsWith(`${at}/`)) ?? [];
      return name === undefined ? [] : [isSentence(message) ? `${name}: ${message}` : `${name} ${message}.`];
    });
    throw new WinstonError("usage.wrong", [...new Set(words)].join(" ") || thrown.detail, { cause: thrown });
  }
}

const isSentence = (message: string): boolean => /^\p{Lu}/u.test(message);
