-- How many withdrawals asked for their bytes to be gone from the files, and how many of them are gone. One row.
CREATE TABLE erasure (
    asked  INTEGER NOT NULL,
    done   INTEGER NOT NULL
) STRICT;
-- What was withdrawn before may still be in the pages that it stood on.
INSERT INTO erasure (asked, done) SELECT COUNT(*), 0 FROM response WHERE withdrawn_at IS NOT NULL;
