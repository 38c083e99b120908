-- feed: the entries in the order in which they were committed, see src/writer/settle/feed.rs. A row has the places of
-- a stretch of them; first: the number of the first of these. A database that has entries gets its own when it is opened.
CREATE TABLE feed (
    first  INTEGER PRIMARY KEY,
    places BLOB    NOT NULL
) STRICT;

-- body_type: what the body is, see hongyan_store::Body::kept. So far all are texts.
ALTER TABLE entries ADD COLUMN body_type INTEGER DEFAULT 1;
