# Makes responses.csv and device_days.json with R's survey package; see README.md.
suppressMessages(library(survey))
set.seed(20240902)
n <- 420
unit <- sample(1:6, n, replace = TRUE, prob = c(.25, .2, .2, .15, .1, .1))
device <- ifelse(unit <= 2, sample(c("K1", "K2", "K12"), n, TRUE), paste0("K", unit, sample(c("", "b"), n, TRUE)))
device[unit == 1 & device == "K2"] <- "K1"
device[unit == 2 & device == "K1"] <- "K2"
device[unit == 6 | runif(n) < .15] <- ""
day <- sample(0:9, n, TRUE)
# People at one device on one day are alike.
shock <- outer(0:99, 0:9, function(a, b) sin(a * 12.9898 + b * 78.233))
key <- as.integer(factor(device))
level <- 3.6 + .3 * (unit %% 3) + ifelse(device == "", 0, .9 * shock[cbind(key, day + 1)])
answer <- function(shift) pmin(5, pmax(1, round(level + shift + rnorm(n, 0, .8))))
q <- data.frame(q1 = answer(0), q2 = answer(.3), q3 = answer(-.4))
q[runif(n) < .08, "q2"] <- NA
q[runif(n) < .05, "q3"] <- NA
d <- data.frame(id = 1:n, unit, device, day, q)
write.csv(d, "responses.csv", row.names = FALSE, na = "", quote = FALSE)

d$cluster <- ifelse(d$device == "", paste0("id", d$id), paste(d$device, d$day))
# Units 1 and 2 share the device K12, so they are one stratum.
d$stratum <- ifelse(d$unit <= 2, 1, d$unit)
d$w <- 1
des <- svydesign(ids = ~cluster, strata = ~stratum, weights = ~w, data = d)

figures <- function(inside) {
  items <- c("q1", "q2", "q3")
  z <- matrix(0, n, 3)
  est <- numeric(3)
  cases <- integer(3)
  for (i in 1:3) {
    there <- inside & !is.na(d[[items[i]]])
    y <- ifelse(there, 25 * (d[[items[i]]] - 1), 0)
    est[i] <- sum(y) / sum(there)
    z[, i] <- ifelse(there, y - est[i], 0) / sum(there)
    cases[i] <- sum(there)
  }
  z <- cbind(z, rowMeans(z))
  se <- sapply(1:4, function(i) { des$variables$z <- z[, i]; as.numeric(SE(svytotal(~z, des))) })
  # The same by survey's own ratio estimator, for the items.
  for (i in 1:3) {
    there <- inside & !is.na(d[[items[i]]])
    des$variables$num <- ifelse(there, 25 * (d[[items[i]]] - 1), 0)
    des$variables$den <- as.numeric(there)
    stopifnot(abs(as.numeric(SE(svyratio(~num, ~den, des))) - se[i]) < 1e-12)
  }
  est <- c(est, mean(est))
  psus <- length(unique(d$cluster[inside]))
  df <- psus - length(unique(d$stratum[inside]))
  list(est = est, se = se, low = est - qt(.975, df) * se, high = est + qt(.975, df) * se, df = df, psus = psus, n = sum(inside))
}
num <- function(x) paste0("[", paste(sprintf("%.17g", x), collapse = ", "), "]")
block <- function(key, f) sprintf('    {"key": "%s", "est": %s, "se": %s, "low": %s, "high": %s, "df": %d, "psus": %d, "n": %d}',
  key, num(f$est), num(f$se), num(f$low), num(f$high), f$df, f$psus, f$n)
domains <- c(list(block("all", figures(rep(TRUE, n)))), lapply(1:6, function(u) block(u, figures(d$unit == u))))
writeLines(c("{", sprintf('  "made_with": "R %s, survey %s",', getRversion(), packageVersion("survey")), '  "names": ["q1", "q2", "q3", "INDEX"],',
  sprintf('  "clusters": %d, "strata": %d,', length(unique(d$cluster)), length(unique(d$stratum))),
  '  "domains": [', paste(unlist(domains), collapse = ",\n"), "  ]", "}"), "device_days.json")
