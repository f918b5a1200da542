// How a grant is fetched over the wire: outside of the budget, without credentials, under the same address policy.
import { request as send, type Dispatcher } from "undici";
import { isError, WinstonError } from "../base/errors.ts";
import type { Post } from "./auth.ts";
import { checkUrl, type AddressPolicy } from "./egress.ts";

/** The `post` that `Auth.obtain` is given. Throws address.forbidden, vendor.unavailable (no answer) and vendor.bad_answer (larger than 1 MiB). */
export function createTokenPost(parts: { agent: Dispatcher; addresses: AddressPolicy }): Post {
  return async (url, form) => {
    if (!URL.canParse(url))
      throw new WinstonError(
        "address.forbidden",
        `"${url}" is not a web address. Correct it in the connection's settings.`,
      );
    const target = new URL(url);
    checkUrl(target, parts.addresses);
    try {
      const response = await send(target, {
        dispatcher: parts.agent,
        method: "POST",
        headers: { "content-type": "application/x-www-form-urlencoded", accept: "application/json" },
        body: new URLSearchParams(form).toString(),
        headersTimeout: 30_000,
        bodyTimeout: 30_000,
      });
      let text = "";
      for await (const chunk of response.body.setEncoding("utf8") as AsyncIterable<string>) {
        text += chunk;
        if (text.length > 1_048_576)
          throw new WinstonError("vendor.bad_answer", `${target.host} answered a request for a token with too much.`);
      }
      return { status: response.statusCode, body: json(text) };
    } catch (error) {
      if (error instanceof WinstonError) throw error;
      if (error instanceof Error && isError(error.cause, "address.forbidden")) throw error.cause;
      throw new WinstonError("vendor.unavailable", `${target.host} does not answer a request for a token.`, {
        cause: error,
      });
    }
  };
}

function json(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return text;
  }
}
