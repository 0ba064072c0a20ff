DELETE FROM response_flag WHERE rule LIKE 'link\_%' ESCAPE '\';
DELETE FROM quality_count WHERE rule LIKE 'link\_%' ESCAPE '\';

CREATE TABLE quality_count_rebuilt (
    evaluation_id  INTEGER NOT NULL REFERENCES quality_evaluation (id),
    rule           TEXT NOT NULL CHECK (rule IN ('too_fast', 'straight_lined', 'burst', 'closed_hours', 'repeated_vector')),
    judged         INTEGER NOT NULL,
    flagged        INTEGER NOT NULL,
    PRIMARY KEY (evaluation_id, rule)
) STRICT;
INSERT INTO quality_count_rebuilt SELECT evaluation_id, rule, judged, flagged FROM quality_count;
DROP TABLE quality_count;
ALTER TABLE quality_count_rebuilt RENAME TO quality_count;

CREATE TABLE response_flag_rebuilt (
    evaluation_id  INTEGER NOT NULL REFERENCES quality_evaluation (id),
    response_seq   INTEGER NOT NULL REFERENCES response (seq),
    rule           TEXT NOT NULL CHECK (rule IN ('too_fast', 'straight_lined', 'burst', 'closed_hours', 'repeated_vector')),
    -- What was measured; nothing of the answers.
    detail         TEXT NOT NULL,
    PRIMARY KEY (evaluation_id, response_seq, rule)
) STRICT;
INSERT INTO response_flag_rebuilt SELECT evaluation_id, response_seq, rule, detail FROM response_flag;
DROP TABLE response_flag;
ALTER TABLE response_flag_rebuilt RENAME TO response_flag;
CREATE INDEX response_flag_response ON response_flag (response_seq);
