-- A message changes its conversation's row and its sender's, however many members there are. So what changed is noted
-- where it changed: a sync takes the later of a conversation's and its member's number.
-- version: the number of the last change that all members hear of. size: how many members there are.
ALTER TABLE conversations ADD COLUMN version INTEGER NOT NULL DEFAULT 0;
ALTER TABLE conversations ADD COLUMN size INTEGER NOT NULL DEFAULT 0;
UPDATE conversations SET
    version = coalesce((SELECT max(m.version) FROM members m WHERE m.conv_id = conversations.id), 0),
    size = (SELECT count(*) FROM members m WHERE m.conv_id = conversations.id);

-- members.version: the number of the last change that only this member hears of, 0 for none.
-- Whether something is unseen is told by the conversation's last message.
DROP INDEX members_unseen;
DROP INDEX members_by_version;
ALTER TABLE members DROP COLUMN unseen;
UPDATE members SET version = 0;
CREATE INDEX members_of_user ON members (user_id);
