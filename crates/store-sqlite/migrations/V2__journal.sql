-- Writes that are committed and wait to be carried out in the tables above: the writer's short cut,
-- see src/writer/journal.rs. One row a batch, in order; the rows go when their writes are carried out.
-- Readers need not look here: the writer empties it before a read that one of the writes concerns.
CREATE TABLE journal (
    id     INTEGER PRIMARY KEY,
    writes BLOB    NOT NULL
) STRICT;
