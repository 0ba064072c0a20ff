-- Who keyed in a paper form the first and the second time, by the keyed hash of the number on it, and in how many items the two differed. What was
-- keyed in stands in the response alone.
CREATE TABLE keying (
    wave_id    INTEGER NOT NULL REFERENCES wave (id),
    key_hash   BYTEA NOT NULL CHECK (length(key_hash) = 32),
    nth        INTEGER NOT NULL CHECK (nth IN (1, 2)),
    keyed_by   TEXT NOT NULL,
    person_id  INTEGER REFERENCES person (id),
    keyed_at   BIGINT NOT NULL,
    compared   INTEGER NOT NULL,
    differing  INTEGER NOT NULL CHECK (differing <= compared),
    PRIMARY KEY (wave_id, key_hash, nth)
);
