# Makes raked_index.json: the SIPAS-like index of ../survey/data/sipas_open_y1.csv with weights raked to made-up totals.
# R 4.2.2 and survey 4.1-1: Rscript make.R > raked_index.json
suppressPackageStartupMessages(library(survey))
options(digits = 17)
d <- read.csv("../survey/data/sipas_open_y1.csv", comment.char = "#")
items <- sprintf("q%02d", 1:25)
weights <- rep(c(.15, .25, .20, .20, .20) / 5, each = 5)
base <- svydesign(ids = ~psu, strata = ~stratum, weights = ~weight, fpc = ~fpc, data = d)

# Totals: provinces 5 % larger or smaller than the weights say, urban kinds shifted against each other.
by_province <- tapply(d$weight, d$province, sum)
province_total <- round(by_province * (1 + 0.05 * (-1)^seq_along(by_province)))
by_urban <- tapply(d$weight, d$urban, sum)
urban_total <- by_urban * c(1.10, 0.95, 0.98)[seq_along(by_urban)]
urban_total <- urban_total * sum(province_total) / sum(urban_total)
d$province_f <- factor(d$province)
d$urban_f <- factor(d$urban)
base <- update(base, province_f = factor(province), urban_f = factor(urban))
mm <- model.matrix(~ 0 + province_f + urban_f, d)
population <- c(province_total, urban_total[-1])
names(population) <- colnames(mm)
raked <- calibrate(base, ~ 0 + province_f + urban_f, population, calfun = "raking", epsilon = 1e-13, maxit = 500)

index <- function(design, keep) {
  y <- as.matrix(d[items]); n <- !is.na(y); y[!n] <- 0
  score <- 25 * (y - 1) * n * keep; count <- n * keep
  w <- weights(design)
  total <- colSums(w * score); size <- colSums(w * count)
  value <- sum(weights * total / size)
  z <- as.vector((sweep(score, 2, 1 / size, "*") - sweep(count, 2, total / size^2, "*")) %*% weights)
  c(value, SE(svytotal(z, design)))
}
line <- function(kind, key, keep) {
  e <- index(raked, keep)
  sprintf('{"domain": "%s", "key": "%s", "est": %.17g, "se": %.17g}', kind, key, e[1], e[2])
}
lines <- line("nation", "", rep(1, nrow(d)))
for (p in sort(unique(d$province))) lines <- c(lines, line("province", p, as.numeric(d$province == p)))
for (u in sort(unique(d$urban))) lines <- c(lines, line("urban", u, as.numeric(d$urban == u)))
for (a in sort(unique(d$agency))) lines <- c(lines, line("agency", a, as.numeric(d$agency == a)))
totals <- function(t) paste(sprintf('"%s": %.17g', names(t), t), collapse = ", ")
cat(sprintf('{"generator": "R %s, survey %s",\n"province_total": {%s},\n"urban_total": {%s},\n"g": [%.17g, %.17g],\n"scores": [\n%s\n]}\n',
  getRversion(), packageVersion("survey"), totals(province_total), totals(urban_total), min(weights(raked) / d$weight), max(weights(raked) / d$weight),
  paste(lines, collapse = ",\n")))
