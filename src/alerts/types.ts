// What alerts offer the surfaces above them. Times are milliseconds since 1970 UTC.
import type { AlertFilter, AlertRow } from "../store/alert.ts";
import type { ChannelType } from "../store/alert-channel.ts";

export interface AlertView extends Pick<
  AlertRow,
  "id" | "kind" | "severity" | "title" | "message" | "acknowledgedBy" | "acknowledgedAt" | "resolvedAt" | "toldAt"
> {
  /** open: nobody acknowledged it. */
  readonly state: AlertFilter;
  /** The connection's name; null where it is about none, or that is gone. */
  readonly connection: string | null;
  readonly streams: readonly string[];
  readonly raisedAt: number;
  /** Since when its cause is gone, while it is not over yet. */
  readonly clearSince: number | null;
  /** The page of what to do. */
  readonly help: string;
  /** Only where one is asked for. */
  readonly deliveries?: readonly DeliveryView[];
}

export interface DeliveryView {
  readonly id: string;
  readonly channel: string;
  readonly event: string;
  readonly state: "due" | "sent" | "given_up";
  readonly tries: number;
  readonly problem: string | null;
  readonly createdAt: number;
  readonly endedAt: number | null;
}

export interface ChannelView {
  readonly id: string;
  readonly name: string;
  readonly type: ChannelType;
  /** Where it leads, without what is secret. */
  readonly target: string;
  readonly createdAt: number;
  readonly sentAt: number | null;
  /** Why the last try failed. */
  readonly problem: string | null;
}

export type ChannelInput = { readonly name: string } & (
  | { readonly type: "webhook"; readonly url: string; readonly secret?: string | undefined }
  | { readonly type: "slack"; readonly url: string }
  | ({ readonly type: "email" } & EmailSettings & {
        readonly user?: string | undefined;
        readonly password?: string | undefined;
      })
);

export interface EmailSettings {
  readonly host: string;
  readonly port: number;
  /** tls: from the first byte. starttls: the server must offer it. none: in the clear, for a relay in the house. */
  readonly security: "tls" | "starttls" | "none";
  readonly from: string;
  readonly to: readonly string[];
}

export interface Alerts {
  /** Newest first. */
  list(query: {
    states: readonly AlertFilter[];
    limit: number;
    after?: string | undefined;
  }): Promise<readonly AlertView[]>;
  /** With what was told of it. Throws not.found. */
  get(id: string): Promise<AlertView>;
  /** Somebody knows: it is not told again for a day, unless it gets worse. The first one stands. Throws not.found. */
  acknowledge(id: string, by: string): Promise<AlertView>;
  readonly channels: {
    list(): Promise<readonly ChannelView[]>;
    /** `secret`: of a webhook, with which its receiver checks what it gets; in this answer and nowhere else. Throws request.invalid, request.conflict, address.forbidden. */
    add(input: ChannelInput): Promise<{ readonly channel: ChannelView; readonly secret: string | null }>;
    /** By id or by name. Throws not.found. */
    remove(idOrName: string): Promise<ChannelView>;
    /** Sends a word that is marked as a test, now and once. Throws not.found. */
    test(idOrName: string): Promise<{ readonly sent: boolean; readonly problem: string | null }>;
  };
}
