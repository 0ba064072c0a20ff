# Cronbach's alpha and item statistics of the five items of criterion C1 in ../survey/data/sipas_open_y1.csv.
# Run in this folder: Rscript items.R > items.csv
suppressMessages(library(survey))
options(warn = 1)

data <- read.csv("../survey/data/sipas_open_y1.csv")
items <- paste0("q0", 1:5)
x <- as.matrix(data[items])
k <- ncol(x)
write <- function(case, statistic, value, item = NA, other = NA) {
  name <- function(place) ifelse(is.na(place), "", items[place])
  cat(sprintf("%s,%s,%s,%s,%.17g\n", case, statistic, name(item), name(other), value), sep = "")
}

# Covariances of weighted data over the rows where both are there, with n/(n - 1).
covariances <- function(x, w, rows = rep(TRUE, nrow(x))) {
  one <- function(i, j) {
    there <- rows & !is.na(x[, i]) & !is.na(x[, j]) & w > 0
    fit <- cov.wt(x[there, c(i, j)], wt = w[there] / sum(w[there]), method = "ML")$cov
    n <- sum(there)
    c(fit[1, 2], fit[1, 1], fit[2, 2]) * n / (n - 1)
  }
  grid <- expand.grid(i = 1:k, j = 1:k)
  all <- mapply(one, grid$i, grid$j)
  list(cov = matrix(all[1, ], k), cor = matrix(all[1, ] / sqrt(all[2, ] * all[3, ]), k))
}
alpha <- function(v) ncol(v) / (ncol(v) - 1) * (1 - sum(diag(v)) / sum(v))
share <- function(condition, w, rows) {
  there <- rows & !is.na(condition)
  sum(w[there & condition]) / sum(w[there])
}

complete <- complete.cases(x)
write("rows", "complete", sum(complete))
for (case in c("listwise", "pairwise")) {
  rows <- if (case == "listwise") complete else rep(TRUE, nrow(x))
  w <- data$weight
  v <- covariances(x, w, rows)
  write(case, "alpha", alpha(v$cov))
  write(case, "classical", alpha(covariances(x, rep(1, nrow(x)), rows)$cov))
  r <- mean(v$cor[lower.tri(v$cor)])
  write(case, "standardised", k * r / (1 + (k - 1) * r))
  for (i in 1:k) {
    write(case, "if_deleted", alpha(v$cov[-i, -i]), i)
    rest <- sum(v$cov[i, -i]) / sqrt(v$cov[i, i] * sum(v$cov[-i, -i]))
    write(case, "item_rest", rest, i)
    there <- rows & !is.na(x[, i])
    write(case, "mean", weighted.mean(x[there, i], w[there]), i)
    write(case, "sd", sqrt(v$cov[i, i]), i)
    write(case, "floor", share(x[, i] == 1, w, rows), i)
    write(case, "ceiling", share(x[, i] == 5, w, rows), i)
    write(case, "missing", sum(w[is.na(x[, i])]) / sum(w), i)
    for (j in 1:k) write(case, "correlation", v$cor[i, j], i, j)
  }
}

# Standard errors under the design. Listwise: alpha as a function of totals, by svycontrast's delta method.
data$n <- 1
data$square <- rowSums(x^2)
data$sum <- rowSums(x)
data$sum2 <- data$sum^2
design <- svydesign(ids = ~psu, strata = ~stratum, weights = ~weight, fpc = ~fpc, data = data)
total <- svytotal(~n + q01 + q02 + q03 + q04 + q05 + square + sum + sum2, subset(design, complete))
linear <- svycontrast(total, quote(5 / 4 * (1 -
  (square / n - (q01^2 + q02^2 + q03^2 + q04^2 + q05^2) / n^2) / (sum2 / n - (sum / n)^2))))
write("listwise", "se", SE(linear))
# Both: by the jackknife, which agrees with linearisation up to terms of higher order.
jackknife <- as.svrepdesign(design, type = "JKn")
for (case in c("listwise", "pairwise")) {
  rows <- if (case == "listwise") complete else rep(TRUE, nrow(x))
  statistic <- function(w, data) alpha(covariances(x, w, rows)$cov)
  write(case, "se_jackknife", SE(withReplicates(jackknife, statistic)))
}

# Feldt's interval for the unweighted alpha of the complete rows.
n <- sum(complete)
unweighted <- alpha(covariances(x, rep(1, nrow(x)), complete)$cov)
write("listwise", "feldt_low", 1 - (1 - unweighted) * qf(0.975, n - 1, (n - 1) * (k - 1)))
write("listwise", "feldt_high", 1 - (1 - unweighted) * qf(0.025, n - 1, (n - 1) * (k - 1)))
