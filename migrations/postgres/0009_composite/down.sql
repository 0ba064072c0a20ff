DROP TABLE composite_report;
DROP TABLE composite_score;
DROP TABLE run_survey;
DROP TABLE run_table;
DROP TABLE indicator_value;
DROP TABLE indicator_attribute;
DROP TABLE indicator_unit;
DROP TABLE indicator_table;

-- Composite indices have no place in the tables of before.
DELETE FROM edition WHERE wave_code IS NULL;
DELETE FROM job WHERE id IN (SELECT id FROM run WHERE wave_id IS NULL);
DELETE FROM run WHERE wave_id IS NULL;
DELETE FROM index_version WHERE survey_code IS NULL;

ALTER TABLE edition ALTER COLUMN wave_code SET NOT NULL;
ALTER TABLE run ALTER COLUMN wave_id SET NOT NULL;
ALTER TABLE index_version ALTER COLUMN survey_code SET NOT NULL;
