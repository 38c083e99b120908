-- Conversations of kind 2 are groups. creator_id and client_id: a retry of what made one finds it.
-- post, invite: who may write, and who may bring others in: 1 all, 2 admins.
CREATE TABLE groups (
    conv_id     INTEGER PRIMARY KEY REFERENCES conversations (id),
    creator_id  INTEGER NOT NULL REFERENCES users (id),
    client_id   TEXT    NOT NULL,
    name        TEXT    NOT NULL,
    description TEXT    NOT NULL,
    avatar      TEXT    NOT NULL,
    post        INTEGER NOT NULL,
    invite      INTEGER NOT NULL,
    UNIQUE (creator_id, client_id)
) STRICT;

-- role: 1 member, 2 admin, 3 owner; of two, both are members. until_seq: the entry that put a former member out.
ALTER TABLE members ADD COLUMN role INTEGER NOT NULL DEFAULT 1;
ALTER TABLE members ADD COLUMN until_seq INTEGER;
