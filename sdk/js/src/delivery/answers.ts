/** What an error says of the request that it answers. */
import { ERROR_CODES } from "../wire.gen.ts";
import type { ErrorCode, Failure } from "../wire.gen.ts";

/** Whether the same request, unchanged, may succeed later. A code of a newer server is retryable
 * when it says when to retry: so nothing is dropped that could succeed, or repeated that cannot. */
export function isRetryable(failure: Failure): boolean {
  if (!Object.hasOwn(ERROR_CODES, failure.code)) return failure.retry_after_ms !== undefined;
  return ERROR_CODES[failure.code as ErrorCode].retryable;
}
