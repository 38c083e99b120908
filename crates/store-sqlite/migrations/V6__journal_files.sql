-- journal_files: 1 from when the two files of the journal are there until a clean stop, see src/writer/journal/.
-- file: the number (inode) of the file that this holds for, so that a copy of it is told from it.
INSERT INTO counters (name, value) VALUES ('journal_files', 0), ('file', 0);
