-- The name of the history in this file, see src/identity.rs: one row. A history that is put back, imported or mended
-- gets another name, so that nobody takes it for the one that they knew.
CREATE TABLE identity (
    only  INTEGER PRIMARY KEY CHECK (only = 1),
    epoch TEXT    NOT NULL
) STRICT;
INSERT INTO identity (only, epoch) VALUES (1, lower(hex(randomblob(16))));

-- floor: no conversation and no entry gets an id up to this one. 0 in a history that has only one name so far.
INSERT INTO counters (name, value) VALUES ('floor', 0);
