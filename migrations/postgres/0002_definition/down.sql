DROP TABLE index_version;
DROP TABLE survey_version;
