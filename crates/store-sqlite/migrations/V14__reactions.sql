-- What members put beside messages. Whoever set what; how often each stands there; and by which change of its
-- conversation's reactions a message's were changed last. A recalled message has none, and keeps its number.
CREATE TABLE reactions (
    conv_id INTEGER NOT NULL,
    seq     INTEGER NOT NULL,
    value   TEXT    NOT NULL,
    user_id INTEGER NOT NULL REFERENCES users (id),
    at      INTEGER NOT NULL,
    PRIMARY KEY (conv_id, seq, value, user_id)
) STRICT, WITHOUT ROWID;

CREATE TABLE reaction_counts (
    conv_id INTEGER NOT NULL,
    seq     INTEGER NOT NULL,
    value   TEXT    NOT NULL,
    count   INTEGER NOT NULL,
    PRIMARY KEY (conv_id, seq, value)
) STRICT, WITHOUT ROWID;

CREATE TABLE reacted (
    conv_id INTEGER NOT NULL REFERENCES conversations (id),
    seq     INTEGER NOT NULL,
    number  INTEGER NOT NULL,
    PRIMARY KEY (conv_id, seq)
) STRICT, WITHOUT ROWID;
CREATE UNIQUE INDEX reacted_numbers ON reacted (conv_id, number);
