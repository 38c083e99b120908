-- floor_seq: nothing up to here is told any more. bare_seq: nothing up to here says anything any more; never above it.
-- keep_days, keep_entries: how much of a group's log is kept, 0 for all.
ALTER TABLE conversations ADD COLUMN floor_seq INTEGER NOT NULL DEFAULT 0;
ALTER TABLE conversations ADD COLUMN bare_seq INTEGER NOT NULL DEFAULT 0;
ALTER TABLE groups ADD COLUMN keep_days INTEGER NOT NULL DEFAULT 0;
ALTER TABLE groups ADD COLUMN keep_entries INTEGER NOT NULL DEFAULT 0;
