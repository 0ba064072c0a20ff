DROP TABLE response_finding;
DROP INDEX response_respondent;
DROP INDEX response_first;
ALTER TABLE response DROP COLUMN respondent;
ALTER TABLE response DROP COLUMN first_seq;
