CREATE TABLE survey_version (
    id            INTEGER PRIMARY KEY,
    code          TEXT NOT NULL,
    version       TEXT NOT NULL,
    sha256        BLOB NOT NULL,
    document      TEXT NOT NULL,
    layout_width  INTEGER NOT NULL,
    published_at  INTEGER NOT NULL,
    published_by  TEXT NOT NULL,
    UNIQUE (code, version)
) STRICT;

CREATE TABLE index_version (
    id            INTEGER PRIMARY KEY,
    code          TEXT NOT NULL,
    version       TEXT NOT NULL,
    sha256        BLOB NOT NULL,
    document      TEXT NOT NULL,
    survey_code   TEXT NOT NULL,
    published_at  INTEGER NOT NULL,
    published_by  TEXT NOT NULL,
    UNIQUE (code, version)
) STRICT;
