-- Ways into groups. token: 16 random bytes. admits: 0 all, -1 nobody without approval, above 0 the first so many.
-- uses: how many came in by it, as the group's log tells.
CREATE TABLE links (
    conv_id    INTEGER NOT NULL REFERENCES conversations (id),
    link       INTEGER NOT NULL,
    token      BLOB    NOT NULL,
    maker_id   INTEGER NOT NULL REFERENCES users (id),
    client_id  TEXT    NOT NULL,
    name       TEXT    NOT NULL,
    made_at    INTEGER NOT NULL,
    expires_at INTEGER,
    admits     INTEGER NOT NULL,
    uses       INTEGER NOT NULL,
    PRIMARY KEY (conv_id, link)
) STRICT, WITHOUT ROWID;
CREATE UNIQUE INDEX links_by_token ON links (token);

-- Who came in by which link, those included that are gone: by the entry seq.
CREATE TABLE joiners (
    conv_id INTEGER NOT NULL REFERENCES conversations (id),
    link    INTEGER NOT NULL,
    seq     INTEGER NOT NULL,
    user_id INTEGER NOT NULL REFERENCES users (id),
    PRIMARY KEY (conv_id, link, seq)
) STRICT, WITHOUT ROWID;

-- Who asks to be let in. at: when it was asked, or declined. link: NULL where it was asked without one.
CREATE TABLE requests (
    conv_id     INTEGER NOT NULL REFERENCES conversations (id),
    user_id     INTEGER NOT NULL REFERENCES users (id),
    at          INTEGER NOT NULL,
    link        INTEGER,
    is_declined INTEGER NOT NULL,
    PRIMARY KEY (conv_id, user_id)
) STRICT, WITHOUT ROWID;
CREATE INDEX requests_of_user ON requests (user_id);

-- ask: whether everybody may ask to be let in. links: how many links the group ever had.
ALTER TABLE groups ADD COLUMN ask INTEGER NOT NULL DEFAULT 0;
ALTER TABLE groups ADD COLUMN links INTEGER NOT NULL DEFAULT 0;
