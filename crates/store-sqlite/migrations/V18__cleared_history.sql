-- cleared_seq: nothing up to here is told to the member again, 0 for nothing.
ALTER TABLE views ADD COLUMN cleared_seq INTEGER NOT NULL DEFAULT 0;
