-- Tokens of sessions that were signed out on purpose, until they would have expired: the device that still has one
-- is told so at its next contact, and erases what it kept. Any other token that names no session is only unknown.
CREATE TABLE revoked_tokens (
    token_hash BLOB    PRIMARY KEY,
    user_id    INTEGER NOT NULL REFERENCES users (id),
    expires_at INTEGER NOT NULL
) STRICT, WITHOUT ROWID;

CREATE INDEX revoked_tokens_of_user ON revoked_tokens (user_id, expires_at);
