# R's survey: the 25 item means by province with svyby, and the index of each province as a function of its totals. Figures of
# agencies and of criteria stay empty.

arguments <- commandArgs(TRUE)
folder <- arguments[1]
suppressMessages(library(survey))

started <- proc.time()[[3]]
rows <- read.csv(file.path(folder, "respondents.csv"))
read <- proc.time()[[3]] - started
started <- proc.time()[[3]]
design <- svydesign(id = ~psu, strata = ~stratum, weights = ~weight, data = rows)
items <- sprintf("q%02d", 1:25)
means <- errors <- matrix(NaN, 63, 31)
for (place in 1:25) {
  found <- svyby(as.formula(paste0("~", items[place])), ~province, design, svymean, na.rm = TRUE)
  means[, place] <- 25 * coef(found) - 25
  errors[, place] <- 25 * SE(found)
}
part <- rep(c(.15, .25, .20, .20, .20) / 5, each = 5)
index <- parse(text = paste(sprintf("%.17g * (25 * t%d / n%d - 25)", part, 1:25, 1:25), collapse = " + "))[[1]]
for (number in 1:63) {
  here <- subset(design, province == number - 1)
  answers <- as.matrix(here$variables[items])
  given <- !is.na(answers)
  answers[!given] <- 0
  both <- cbind(answers, given)
  colnames(both) <- c(paste0("t", 1:25), paste0("n", 1:25))
  value <- svycontrast(svytotal(both, here), index)
  means[number, 31] <- coef(value)
  errors[number, 31] <- SE(value)
}
computed <- proc.time()[[3]] - started
out <- file(arguments[2], "wb")
writeBin(as.vector(rbind(as.vector(t(means)), as.vector(t(errors)))), out)
close(out)
cat(sprintf('{"read": %.3f, "compute": %.3f}\n', read, computed))
