-- scrubbed: the page that is looked at next for what removed texts have left in free space, -1 when all were,
-- see src/writer/scrub.rs. What is written from now on is looked at when it is written.
-- A new database has nothing to look at.
INSERT INTO counters (name, value) SELECT 'scrubbed', CASE WHEN EXISTS (SELECT 1 FROM users) THEN 0 ELSE -1 END;
