-- What users let others see of being there, of those who changed it: see hongyan_store::Privacy.
CREATE TABLE privacy (
    user_id         INTEGER PRIMARY KEY REFERENCES users (id),
    hides_last_seen INTEGER NOT NULL,
    invisible       INTEGER NOT NULL
) STRICT;
