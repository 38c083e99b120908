-- login_key: the login name as it is compared, see hongyan_store::login_key. SQL cannot work it out: names that have
-- none get it when the database is opened.
ALTER TABLE users ADD COLUMN login_key TEXT;
CREATE UNIQUE INDEX users_login_key ON users (login_key);

-- The conversation of a user with oneself: of kind direct, with one member.
CREATE TABLE own_conversations (
    user_id INTEGER PRIMARY KEY REFERENCES users (id),
    conv_id INTEGER NOT NULL UNIQUE REFERENCES conversations (id)
) STRICT;
