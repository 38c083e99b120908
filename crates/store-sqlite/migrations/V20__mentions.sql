-- Who is mentioned by which message, unless it is recalled: one row for each user but the sender. at: that of the message.
-- The counter says whether those of earlier versions' messages are in it: SQL cannot take their lists apart.
CREATE TABLE mentions (
    conv_id INTEGER NOT NULL REFERENCES conversations (id),
    user_id INTEGER NOT NULL,
    seq     INTEGER NOT NULL,
    at      INTEGER NOT NULL,
    PRIMARY KEY (conv_id, user_id, seq)
) STRICT, WITHOUT ROWID;
CREATE INDEX mentions_of_user ON mentions (user_id, at, conv_id, seq);
INSERT INTO counters (name, value) SELECT 'mentions', NOT EXISTS (SELECT 1 FROM entries);
