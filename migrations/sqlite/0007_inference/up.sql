ALTER TABLE score ADD COLUMN rank_joint_lo INTEGER;
ALTER TABLE score ADD COLUMN rank_joint_hi INTEGER;
ALTER TABLE score ADD COLUMN p_top REAL;
ALTER TABLE score ADD COLUMN model_est REAL;
ALTER TABLE score ADD COLUMN model_rmse REAL;
ALTER TABLE score ADD COLUMN thin INTEGER NOT NULL DEFAULT 0;

-- The run that this one is compared with.
ALTER TABLE run ADD COLUMN since_run_id BLOB REFERENCES run (id);

-- How a score moved since the run that its run names.
CREATE TABLE change (
    run_id       BLOB NOT NULL,
    ord          INTEGER NOT NULL,
    before       REAL NOT NULL,
    difference   REAL NOT NULL,
    se           REAL NOT NULL,
    df           REAL NOT NULL,
    p            REAL,
    p_holm       REAL,
    rank_before  INTEGER,
    -- The interval of the number of ranks gained; negative where ranks were lost.
    rise_lo      INTEGER,
    rise_hi      INTEGER,
    PRIMARY KEY (run_id, ord),
    FOREIGN KEY (run_id, ord) REFERENCES score (run_id, ord)
) STRICT;
