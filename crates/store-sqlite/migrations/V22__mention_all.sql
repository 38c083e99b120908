-- mentions_all: 1 in a message that mentions all members of its group. The indexes have these messages only: by place, for
-- what is unread, and by time, for lists.
ALTER TABLE entries ADD COLUMN mentions_all INTEGER;
CREATE INDEX entries_all ON entries (conv_id, seq) WHERE mentions_all = 1;
CREATE INDEX entries_all_by_time ON entries (conv_id, at, seq) WHERE mentions_all = 1;
