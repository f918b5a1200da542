// Secrets of alert channels: sealed like credentials, each bound to its channel.
import type { JsonObject } from "../base/json.ts";
import type { Seal } from "./seal.ts";

export interface ChannelSecrets {
  seal(
    channelId: string,
    secrets: Readonly<Record<string, string>>,
  ): { readonly sealed: Buffer; readonly keyId: string };
  /** Throws key.wrong. */
  open(channelId: string, sealed: Uint8Array): Readonly<Record<string, string>>;
}

export const channelPlace = (channelId: string) => ({ table: "alert_channel", row: channelId, part: "secrets" });

export function createChannelSecrets(seal: Seal): ChannelSecrets {
  return {
    seal: (channelId, secrets) => ({
      sealed: seal.seal(Buffer.from(JSON.stringify(secrets)), channelPlace(channelId)),
      keyId: seal.keyId,
    }),
    open: (channelId, sealed) => {
      const plain = JSON.parse(seal.open(sealed, channelPlace(channelId)).toString("utf8")) as JsonObject;
      return plain as Record<string, string>;
    },
  };
}
