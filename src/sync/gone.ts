// Records that are gone without a word: neither shown, nor among what the vendor says was deleted or merged.
import type { ParkedWrite } from "../store/parked.ts";
import type { StreamContext } from "./context.ts";

/** Why something is no longer written to a vendor. What is parked for this is not made there anew either: somebody may have asked to be forgotten. */
export const GONE_FOR_GOOD = "record.gone";

/** The question to a person, about an entity. */
export const goneForGood = ({ connection }: Pick<StreamContext, "connection">, entityId: string): ParkedWrite => ({
  subject: entityId,
  reason: GONE_FOR_GOOD,
  message: `${connection.name} has this record no more, and tells of no deletion: it was deleted for good, as people may ask for. If somebody did, delete it here too, and it is deleted in every other system. Else it lives on here, and is not made there again.`,
  field: null,
  vendor: null,
});
