-- Why a figure is hidden, for the office.
ALTER TABLE score ADD COLUMN hidden TEXT;

-- Whether everybody may know how a figure moved: both editions show it.
ALTER TABLE change ADD COLUMN shown INTEGER NOT NULL DEFAULT 0;

-- A figure of an earlier edition that stands: too few answers changed since for a new one to be told.
CREATE TABLE score_standing (
    run_id   BLOB NOT NULL REFERENCES run (id),
    ord      INTEGER NOT NULL,
    edition  TEXT NOT NULL,
    numbers  TEXT NOT NULL,
    PRIMARY KEY (run_id, ord)
) STRICT;

-- What a run's pattern of hidden figures was made for: the editions that were known when it was made.
CREATE TABLE run_disclosure (
    run_id    BLOB PRIMARY KEY NOT NULL REFERENCES run (id),
    editions  TEXT NOT NULL,
    figures   INTEGER NOT NULL,
    carried   INTEGER NOT NULL,
    -- How many are hidden, by rule, as JSON.
    hidden    TEXT NOT NULL,
    -- SHA-256 of what everybody sees.
    digest    BLOB NOT NULL
) STRICT;

-- What the digests of a wave's runs are salted with.
CREATE TABLE wave_salt (
    wave_id  INTEGER PRIMARY KEY NOT NULL REFERENCES wave (id),
    salt     BLOB NOT NULL
) STRICT;
