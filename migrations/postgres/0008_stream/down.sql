DROP TABLE run_without_flagged;
DROP TABLE response_flag;
DROP TABLE quality_count;
DROP TABLE quality_evaluation;
DROP TABLE response_chain;
ALTER TABLE wave DROP COLUMN cluster_by;
