DROP TABLE unit_succession;
DROP TABLE unit;
