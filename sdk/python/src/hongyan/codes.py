"""The words and numbers for what goes wrong, as docs/PROTOCOL.md has them."""

from __future__ import annotations

RETRYABLE = frozenset({"rate_limited", "overloaded", "store_unavailable", "internal"})
FINAL = frozenset(
    {
        "bad_request",
        "unsupported",
        "too_large",
        "unauthenticated",
        "forbidden",
        "host_not_allowed",
        "user_not_found",
        "conversation_not_found",
        "entry_not_found",
        "seq_out_of_range",
        "client_id_conflict",
        "recalled",
        "too_late",
        "not_found",
    }
)


def is_retryable(code: str, retry_after_ms: int | None) -> bool:
    """Whether the same request may succeed later. An unknown code is judged by its ``retry_after_ms``."""
    if code in RETRYABLE:
        return True
    if code in FINAL:
        return False
    return retry_after_ms is not None


def is_terminal(close_code: int | None) -> bool:
    """Whether the same token and behaviour would end in the same way again."""
    return close_code is not None and 4000 <= close_code <= 4099


CLOSE_REASONS = {
    4001: "unauthenticated",
    4002: "protocol_violation",
    4003: "frame_too_large",
    4004: "session_revoked",
    4005: "too_many_connections",
}
