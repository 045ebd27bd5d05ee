-- What this side says in public: items, each a list of acts that only grows. None of it crosses a line.
CREATE TABLE press_items (
    item       BLOB    NOT NULL PRIMARY KEY CHECK (length(item) = 16),
    kind       TEXT    NOT NULL CHECK (kind IN ('notice', 'readout')),
    chain      BLOB    NOT NULL CHECK (length(chain) = 32),
    added_ms   INTEGER NOT NULL
) STRICT, WITHOUT ROWID;

-- A call has one notice, whatever two desks press at once.
CREATE UNIQUE INDEX press_notice_of_call ON press_items (chain) WHERE kind = 'notice';

CREATE TABLE press_acts (
    item       BLOB    NOT NULL REFERENCES press_items (item),
    number     INTEGER NOT NULL CHECK (number BETWEEN 0 AND 511),
    bytes      BLOB    NOT NULL CHECK (length(bytes) BETWEEN 1 AND 131072),
    stored_ms  INTEGER NOT NULL,
    PRIMARY KEY (item, number)
) STRICT;
