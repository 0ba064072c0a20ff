-- How many withdrawals asked for their bytes to be gone from the files, and how many of them are gone. One row.
CREATE TABLE erasure (
    asked  BIGINT NOT NULL,
    done   BIGINT NOT NULL
);
-- What was withdrawn before may still be in the pages that it stood on.
INSERT INTO erasure (asked, done) SELECT COUNT(*), 0 FROM response WHERE withdrawn_at IS NOT NULL;

-- The planner's statistics keep samples of what stands in a column, in a table of the whole database that no withdrawal reaches.
ALTER TABLE response ALTER COLUMN answers SET STATISTICS 0, ALTER COLUMN body_sha256 SET STATISTICS 0,
    ALTER COLUMN receipt_hash SET STATISTICS 0;
ALTER TABLE submission ALTER COLUMN body SET STATISTICS 0, ALTER COLUMN findings SET STATISTICS 0;
ALTER TABLE free_text ALTER COLUMN text SET STATISTICS 0;
