-- Chains of signed statements, kept byte for byte. A chain set is a call's or a line's.
CREATE TABLE chains (
    chain      BLOB    NOT NULL PRIMARY KEY CHECK (length(chain) = 32),
    line       BLOB    NOT NULL CHECK (length(line) = 32),
    kind       TEXT    NOT NULL CHECK (kind IN ('call', 'line')),
    added_ms   INTEGER NOT NULL
) STRICT, WITHOUT ROWID;

CREATE INDEX chains_newest ON chains (kind, added_ms DESC, chain);

CREATE TABLE statements (
    chain      BLOB    NOT NULL REFERENCES chains (chain),
    side       BLOB    NOT NULL CHECK (length(side) = 32),
    number     INTEGER NOT NULL CHECK (number BETWEEN 0 AND 4095),
    hash       BLOB    NOT NULL CHECK (length(hash) = 32),
    bytes      BLOB    NOT NULL CHECK (length(bytes) BETWEEN 1 AND 16384),
    stored_ms  INTEGER NOT NULL,
    PRIMARY KEY (chain, side, number)
) STRICT;

-- Other bytes for a place that is taken: proof of a fork, never merged, never in the way.
CREATE TABLE forks (
    chain      BLOB    NOT NULL,
    side       BLOB    NOT NULL,
    number     INTEGER NOT NULL,
    hash       BLOB    NOT NULL CHECK (length(hash) = 32),
    bytes      BLOB    NOT NULL CHECK (length(bytes) BETWEEN 1 AND 16384),
    stored_ms  INTEGER NOT NULL,
    PRIMARY KEY (chain, side, number, hash),
    FOREIGN KEY (chain, side, number) REFERENCES statements (chain, side, number)
) STRICT;

CREATE TABLE lines (
    far           BLOB    NOT NULL PRIMARY KEY CHECK (length(far) = 32),
    name          TEXT    NOT NULL,
    place         TEXT    NOT NULL,
    zone          TEXT    NOT NULL,
    link_key      BLOB    NOT NULL CHECK (length(link_key) = 32),
    bundle        BLOB    NOT NULL CHECK (length(bundle) <= 65536),
    confirmed_ms  INTEGER,
    far_confirmed_ms INTEGER,
    added_ms      INTEGER NOT NULL
) STRICT;

CREATE TABLE line_keys (
    far        BLOB    NOT NULL REFERENCES lines (far) ON DELETE CASCADE,
    position   INTEGER NOT NULL,
    key        BLOB    NOT NULL CHECK (length(key) = 32),
    PRIMARY KEY (far, position)
) STRICT;

CREATE TABLE line_addresses (
    far        BLOB    NOT NULL REFERENCES lines (far) ON DELETE CASCADE,
    position   INTEGER NOT NULL,
    address    TEXT    NOT NULL,
    PRIMARY KEY (far, position)
) STRICT;

CREATE TABLE samples (
    id         INTEGER PRIMARY KEY,
    far        BLOB    NOT NULL REFERENCES lines (far) ON DELETE CASCADE,
    at_ms      INTEGER NOT NULL,
    up         INTEGER NOT NULL CHECK (up IN (0, 1)),
    rtt_us     INTEGER,
    loss_ppm   INTEGER,
    jitter_us  INTEGER,
    skew_ms    INTEGER,
    rate_kbps  INTEGER
) STRICT;

CREATE INDEX samples_of_line ON samples (far, id);

CREATE TABLE seats (
    id            TEXT    NOT NULL PRIMARY KEY,
    name          TEXT    NOT NULL,
    role          TEXT    NOT NULL,
    place         TEXT    NOT NULL,
    key           BLOB    CHECK (length(key) = 32),
    token_hash    BLOB    UNIQUE CHECK (length(token_hash) = 32),
    token_expires_ms INTEGER,
    used_ms       INTEGER,
    added_ms      INTEGER NOT NULL
) STRICT;

-- Hashes of tokens that were used or replaced, so that a second use can be told from an unknown token.
CREATE TABLE spent_tokens (
    token_hash BLOB    NOT NULL PRIMARY KEY CHECK (length(token_hash) = 32),
    spent_ms   INTEGER NOT NULL
) STRICT;

CREATE TABLE settings (
    name       TEXT    NOT NULL PRIMARY KEY,
    value      BLOB    NOT NULL CHECK (length(value) <= 65536)
) STRICT;
