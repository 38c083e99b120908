-- since_seq: the first entry that the member may read.
ALTER TABLE members ADD COLUMN since_seq INTEGER NOT NULL DEFAULT 1;
-- history: what who comes in may read of what was said before: 0 all, 1 to 365 that of so many days, 1000 nothing.
ALTER TABLE groups ADD COLUMN history INTEGER NOT NULL DEFAULT 0;
