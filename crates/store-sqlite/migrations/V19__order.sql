-- What stands beside the entries and members of a conversation, as its log tells it. kind 1: the user in key cannot be
-- brought in. 2: the user in key may not write until the time in value. 3: the message in key is pinned.
CREATE TABLE marks (
    conv_id INTEGER NOT NULL REFERENCES conversations (id),
    kind    INTEGER NOT NULL,
    key     INTEGER NOT NULL,
    value   INTEGER NOT NULL,
    PRIMARY KEY (conv_id, kind, key)
) STRICT, WITHOUT ROWID;

-- slow_s: how long a member waits between two messages. pin: who may pin, as post and invite.
ALTER TABLE groups ADD COLUMN slow_s INTEGER NOT NULL DEFAULT 0;
ALTER TABLE groups ADD COLUMN pin INTEGER NOT NULL DEFAULT 2;

-- said_at: when somebody said something in a group last.
ALTER TABLE members ADD COLUMN said_at INTEGER;
UPDATE members SET said_at = (
    SELECT e.at FROM entries e
    WHERE e.conv_id = members.conv_id AND e.sender_id = members.user_id AND e.kind = 1
    ORDER BY e.seq DESC LIMIT 1)
WHERE conv_id IN (SELECT conv_id FROM groups);
