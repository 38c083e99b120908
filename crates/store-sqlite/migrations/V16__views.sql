-- What a member made of a conversation for oneself, see hongyan_store::View. Nothing: no row.
-- rev: how often it was changed. archived_seq, hidden_seq: up to where the log was then, 0 for not.
-- marked: the read position that the mark stands for. draft_reply, draft_at, draft: of what is not sent yet.
CREATE TABLE views (
    user_id      INTEGER NOT NULL REFERENCES users (id),
    conv_id      INTEGER NOT NULL REFERENCES conversations (id),
    rev          INTEGER NOT NULL,
    muted_until  INTEGER NOT NULL,
    pinned       INTEGER NOT NULL,
    archived_seq INTEGER NOT NULL,
    hidden_seq   INTEGER NOT NULL,
    marked       INTEGER,
    draft_reply  INTEGER,
    draft_at     INTEGER,
    draft        TEXT,
    PRIMARY KEY (user_id, conv_id)
) STRICT, WITHOUT ROWID;
