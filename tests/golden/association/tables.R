# Rao-Scott and Wald tests of tables larger than two by four, and of a table with missing answers.
# Run in this folder: Rscript tables.R > tables.csv
suppressMessages(library(survey))

write <- function(table, design, formula) {
  for (statistic in c("F", "Chisq", "Wald", "adjWald")) {
    test <- svychisq(formula, design, statistic = statistic)
    parameter <- c(test$parameter, NA)[1:2]
    second <- ifelse(is.na(parameter[2]), "", sprintf("%.17g", parameter[2]))
    cat(sprintf("%s,%s,%.17g,%.17g,%s,%.17g\n", table, statistic, test$statistic, parameter[1], second, test$p.value))
  }
}

nhanes <- read.csv("../survey/data/nhanes.csv")
write("agecat by race", svydesign(ids = ~psu, strata = ~stratum, weights = ~weight, nest = TRUE, data = nhanes), ~agecat + race)

sipas <- read.csv("../survey/data/sipas_open_y1.csv")
design <- svydesign(ids = ~psu, strata = ~stratum, weights = ~weight, fpc = ~fpc, data = sipas)
write("q01 by q05", design, ~q01 + q05)
write("q03 by sex in cities", subset(design, urban == 1), ~q03 + sex)
