# Each year's variance by survey (svytotal of influence values, PSUs with replacement), and the covariance of the years over the PSUs that
# both have. Run from the folder of the data: Rscript ../change/make.R > ../change/each_year.json
suppressMessages(library(survey))
options(digits = 17)
years <- lapply(c("y1", "y2"), function(y) read.csv(paste0("data/sipas_open_", y, ".csv"), comment.char = "#"))
items <- sprintf("q%02d", 1:25); share <- rep(c(.15, .25, .2, .2, .2) / 5, each = 5)
influence <- function(d, within) {
  u <- numeric(nrow(d)); est <- 0
  for (i in seq_along(items)) {
    y <- 100 * (d[[items[i]]] - 1) / 4; has <- within & !is.na(y); w <- ifelse(has, d$weight, 0); y[!has] <- 0
    m <- sum(w * y) / sum(w); est <- est + share[i] * m; u <- u + share[i] * ifelse(has, d$weight * (y - m) / sum(w), 0)
  }
  list(est = est, u = u)
}
one <- function(name, key, within) {
  found <- Map(function(d, w) influence(d, w), years, within)
  se <- mapply(function(d, f) { d$u <- f$u; as.numeric(SE(svytotal(~u, svydesign(ids = ~psu, strata = ~stratum, weights = ~1, data = d)))) }, years, found)
  centred <- Map(function(d, f) {
    z <- aggregate(f$u, list(stratum = d$stratum, psu = d$psu), sum); n <- ave(z$x, z$stratum, FUN = length)
    z$c <- sqrt(n / (n - 1)) * (z$x - ave(z$x, z$stratum)); z
  }, years, found)
  both <- merge(centred[[1]], centred[[2]], by = c("stratum", "psu")); cov <- sum(both$c.x * both$c.y)
  sprintf('{"domain":"%s","key":"%s","est":[%s],"se":[%s],"cov12":%s,"change_se":%s}', name, key,
    paste(format(sapply(found, `[[`, "est"), digits = 17), collapse = ","), paste(format(se, digits = 17), collapse = ","),
    format(cov, digits = 17), format(sqrt(sum(se^2) - 2 * cov), digits = 17))
}
lines <- one("nation", "all", lapply(years, function(d) rep(TRUE, nrow(d))))
for (by in c("province", "agency")) for (k in sort(unique(years[[1]][[by]]))) lines <- c(lines, one(by, k, lapply(years, function(d) d[[by]] == k)))
cat("[\n", paste(lines, collapse = ",\n"), "\n]\n", sep = "")
