DROP TABLE import_record;
DROP TABLE import_batch;
DROP TABLE import_before;
DROP TABLE setting;
