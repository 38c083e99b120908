/** What went wrong, in the user's words. */
import { HongyanError } from "@hongyan/client";
import { w } from "./words.ts";

/** A sentence for whatever a request of the SDK rejected with. Reactive, as the language is. */
export function errorText(error: unknown): string {
  if (!(error instanceof HongyanError)) return w.failedPlain;
  switch (error.code) {
    case "unauthenticated":
      return w.wrongPassword;
    case "rate_limited":
      return error.retryAfterMs === null ? w.rateLimited : w.rateLimitedSeconds(Math.ceil(error.retryAfterMs / 1000));
    case "unreachable":
    case "timeout":
    case "closed":
      return w.unreachable;
    case "overloaded":
    case "store_unavailable":
    case "internal":
      return w.serverTrouble;
    case "group_full":
      return w.groupFull;
    case "limit_reached":
      return w.limitReached;
    case "owner_stays":
      return w.ownerStays;
    case "banned":
      return w.banned;
    case "muted":
      return w.muted;
    case "unchanged":
      return w.unchanged;
    case "forbidden":
      return w.forbidden;
    case "bad_request":
    case "unsupported":
      return w.badRequest;
    case "too_large":
      return w.tooLarge;
    case "not_found":
    case "user_not_found":
    case "conversation_not_found":
    case "entry_not_found":
      return w.notFound;
    default:
      return w.failed(error.code);
  }
}
