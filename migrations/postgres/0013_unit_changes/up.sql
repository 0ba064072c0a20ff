-- Nothing of a unit is overwritten: a change is a number, and what a unit is since then stands beside what it was.
CREATE TABLE unit_change (
    -- From 1, without gaps, in the order of the changes.
    id          INTEGER PRIMARY KEY,
    made_at     BIGINT NOT NULL,
    made_by     TEXT NOT NULL
);

-- The change that added it; none: it was there before changes were numbered.
ALTER TABLE unit ADD COLUMN change_id INTEGER REFERENCES unit_change (id);
ALTER TABLE unit_succession ADD COLUMN change_id INTEGER REFERENCES unit_change (id);

-- What a unit is since a change. List, code and first day never change: with others it is another unit.
CREATE TABLE unit_revision (
    unit_id     INTEGER NOT NULL REFERENCES unit (id),
    change_id   INTEGER NOT NULL REFERENCES unit_change (id),
    kind        TEXT NOT NULL CHECK (kind IN ('country', 'province', 'district', 'commune', 'village', 'agency')),
    name_vi     TEXT NOT NULL,
    name_en     TEXT,
    parent_id   INTEGER REFERENCES unit (id),
    valid_to    INTEGER,
    PRIMARY KEY (unit_id, change_id)
);
CREATE INDEX unit_revision_change ON unit_revision (change_id);

-- The last change that a run knows of. A run without a row knows the units of before.
CREATE TABLE run_units (
    run_id      BYTEA PRIMARY KEY NOT NULL REFERENCES run (id),
    change_id   INTEGER NOT NULL REFERENCES unit_change (id)
);
