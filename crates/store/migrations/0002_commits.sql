-- Commits of a call's present MLS group, in the order in which they were accepted. The bytes mean nothing to a node.
CREATE TABLE commits (
    chain         BLOB    NOT NULL CHECK (length(chain) = 32),
    epoch         INTEGER NOT NULL CHECK (epoch BETWEEN 0 AND 4095),
    mls_group     BLOB    NOT NULL CHECK (length(mls_group) = 16),
    seat          BLOB    NOT NULL CHECK (length(seat) = 32),
    message       BLOB    NOT NULL CHECK (length(message) BETWEEN 1 AND 131072),
    welcome       BLOB    CHECK (length(welcome) BETWEEN 1 AND 131072),
    stored_ms     INTEGER NOT NULL,
    PRIMARY KEY (chain, epoch)
) STRICT;
