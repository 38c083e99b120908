-- What people are found by: see hongyan_store::people. class: what a key is of a name, the best first.
CREATE TABLE user_keys (
    class   INTEGER NOT NULL,
    key     TEXT    NOT NULL,
    user_id INTEGER NOT NULL REFERENCES users (id),
    PRIMARY KEY (class, key, user_id)
) STRICT, WITHOUT ROWID;

-- keys_rule: the version of the rules by which a user's keys were made, 0 for none. SQL cannot work them out: users
-- that have none of the present version get them when the database is opened.
ALTER TABLE users ADD COLUMN keys_rule INTEGER NOT NULL DEFAULT 0;
CREATE INDEX users_keys_rule ON users (keys_rule);
