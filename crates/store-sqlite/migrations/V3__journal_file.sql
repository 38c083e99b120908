-- journal: the number of the last batch that was carried out of the journal, which is a file beside this one now,
-- see src/writer/journal/. The table of that name has rows only where an earlier version crashed.
INSERT INTO counters (name, value) VALUES ('journal', 0);
