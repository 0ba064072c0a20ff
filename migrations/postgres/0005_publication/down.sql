DROP TABLE edition;
DROP TABLE score;
DROP TABLE run;
