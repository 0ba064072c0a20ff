# Reference figures for replicate weights: Rscript generate.R > reference.json
# In the folder tests/golden/replicates; reads ../survey/data. R 4.2.2, survey 4.1-1.
suppressMessages(library(survey))
number <- function(x) paste0("[", paste(sprintf("%.17g", x), collapse = ", "), "]")

# 1. The jackknife of a composite index: item means of answers that are there, 25 (mean - 1), criteria, index.
d <- read.csv("../survey/data/sipas_open_y1.csv")
items <- sprintf("q%02d", 1:25)
w <- c(.15, .25, .20, .20, .20)
design <- svydesign(ids = ~psu, strata = ~stratum, weights = ~weight, fpc = ~fpc, data = d)
jkn <- as.svrepdesign(design, type = "JKn", compress = FALSE, mse = FALSE)
W <- weights(jkn, "analysis")
outputs <- function(W, rows) {
  means <- sapply(items, function(q) {
    keep <- rows & !is.na(d[[q]])
    25 * (colSums(W[keep, , drop = FALSE] * d[[q]][keep]) / colSums(W[keep, , drop = FALSE]) - 1)
  })
  means <- matrix(means, ncol = 25)
  criteria <- sapply(1:5, function(c) rowMeans(means[, 5 * c - 4:0, drop = FALSE]))
  criteria <- matrix(criteria, ncol = 5)
  cbind(criteria[, 1], criteria %*% w)
}
se <- function(rows) {
  t <- outputs(W, rows)
  apply(t, 2, function(t) sqrt(as.vector(svrVar(t, jkn$scale, jkn$rscales, mse = FALSE, coef = NULL))))
}
provinces <- sapply(1:63, function(p) se(d$province == p))
agencies <- sapply(1:20, function(a) se(d$agency == a))
nation <- se(rep(TRUE, nrow(d)))

# 2. Bootstraps of two-stage and of stratified samples: standard errors of a total and a mean from many replicates.
data(api)
boot <- function(design, type, fpc = NULL) {
  set.seed(20261124)
  r <- as.svrepdesign(design, type = type, replicates = 4000, mse = FALSE)
  c(SE(svytotal(~enroll, r, na.rm = TRUE)), SE(svymean(~api00, r)))
}
clus2 <- svydesign(ids = ~dnum + snum, fpc = ~fpc1 + fpc2, data = apiclus2)
clus2_open <- svydesign(ids = ~dnum, weights = ~pw, data = apiclus2)
cat('{\n  "jkn": {\n')
cat('    "nation": {"C1": ', number(nation[1]), ', "INDEX": ', number(nation[2]), '},\n', sep = "")
cat('    "province": {"C1": ', number(provinces[1, ]), ', "INDEX": ', number(provinces[2, ]), '},\n', sep = "")
cat('    "agency": {"C1": ', number(agencies[1, ]), ', "INDEX": ', number(agencies[2, ]), '}\n  },\n', sep = "")
cat('  "apiclus2": {\n    "replicates": 4000,\n')
cat('    "mrbbootstrap": ', number(boot(clus2, "mrbbootstrap")), ',\n', sep = "")
cat('    "subbootstrap": ', number(boot(clus2_open, "subbootstrap")), ',\n', sep = "")
cat('    "bootstrap": ', number(boot(clus2_open, "bootstrap")), '\n  }\n}\n', sep = "")
