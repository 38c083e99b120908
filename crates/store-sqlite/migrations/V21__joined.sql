-- joined_seq: the entry with which the member came in, or 1 for members from before this was kept.
ALTER TABLE members ADD COLUMN joined_seq INTEGER NOT NULL DEFAULT 1;
