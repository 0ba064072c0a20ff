DROP TABLE session;
DROP TABLE credential;
