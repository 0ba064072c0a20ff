DROP TABLE design_respondent;
DROP TABLE design_psu;
DROP TABLE wave;
