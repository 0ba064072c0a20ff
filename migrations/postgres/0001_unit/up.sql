CREATE TABLE unit (
    id          INTEGER GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    list        TEXT NOT NULL,
    code        TEXT NOT NULL,
    kind        TEXT NOT NULL CHECK (kind IN ('country', 'province', 'district', 'commune', 'village', 'agency')),
    name_vi     TEXT NOT NULL,
    name_en     TEXT,
    parent_id   INTEGER REFERENCES unit (id),
    -- Days since 1970-01-01; valid_to is the first day on which the unit is no more.
    valid_from  INTEGER NOT NULL,
    valid_to    INTEGER CHECK (valid_to > valid_from),
    UNIQUE (list, code, valid_from)
);
CREATE INDEX unit_parent ON unit (parent_id);

CREATE TABLE unit_succession (
    from_id     INTEGER NOT NULL REFERENCES unit (id),
    to_id       INTEGER NOT NULL REFERENCES unit (id),
    -- All of the old unit went into the new one.
    whole       BOOLEAN NOT NULL,
    -- Where a single heir is needed (a series on the new map), this is it.
    is_default  BOOLEAN NOT NULL,
    PRIMARY KEY (from_id, to_id)
);
CREATE INDEX unit_succession_to ON unit_succession (to_id);
