-- Who has blocked whom, since when, and how far the one who blocks had come in the conversation of the two by then: that is
-- all that the other is told of it.
CREATE TABLE blocks (
    user_id       INTEGER NOT NULL REFERENCES users (id),
    other_id      INTEGER NOT NULL REFERENCES users (id),
    at            INTEGER NOT NULL,
    read_seq      INTEGER NOT NULL,
    delivered_seq INTEGER NOT NULL,
    PRIMARY KEY (user_id, other_id)
) STRICT, WITHOUT ROWID;
