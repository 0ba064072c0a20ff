DROP TABLE keying;
