DROP TABLE response_event;
DROP TABLE free_text;
DROP TABLE submission;
DROP TABLE response;
DROP TABLE api_key;
