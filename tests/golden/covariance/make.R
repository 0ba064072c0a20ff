# Makes reference.json: covariances of the nodes of the SIPAS-like index of ../survey/data/sipas_open_y1.csv.
# R 4.2.2 and survey 4.1-1: Rscript make.R > reference.json
suppressPackageStartupMessages(library(survey))
options(digits = 17)
d <- read.csv("../survey/data/sipas_open_y1.csv", comment.char = "#")
items <- sprintf("q%02d", 1:25)
three <- c("q01", "q06", "q11")
design <- function(rows) svydesign(ids = ~psu, strata = ~stratum, weights = ~weight, fpc = ~fpc, data = rows)
score <- function(rows) { rows[items] <- 25 * (rows[items] - 1); rows }

cases <- character(0)
# One case: estimates by `keys` and then by `nodes`, and the upper triangle of their covariance matrix, row by row.
add <- function(name, kind, keys, nodes, v) {
  v <- as.matrix(v)
  stopifnot(nrow(v) == length(keys) * length(nodes))
  upper <- unlist(lapply(seq_len(nrow(v)), function(i) v[i, i:ncol(v)]))
  quoted <- function(x) paste0('"', x, '"', collapse = ", ")
  cases <<- c(cases, sprintf('{"case": "%s", "kind": "%s", "keys": [%s], "nodes": [%s],\n "vcov": [%s]}',
    name, kind, quoted(keys), quoted(nodes), paste(sprintf("%.17g", upper), collapse = ", ")))
}
# svyby lists its estimates by variable and then by domain.
by_domain <- function(v, domains, width) {
  order <- as.vector(t(matrix(seq_len(domains * width), domains, width)))
  as.matrix(v)[order, order]
}
svyby_case <- function(name, kind, by, nodes, design) {
  found <- svyby(make.formula(nodes), make.formula(by), design, svymean, covmat = TRUE)
  keys <- found[[by]]
  v <- by_domain(vcov(found), length(keys), length(nodes))
  if (kind == "province") {
    # Strata lie within provinces: between provinces there is rounding alone.
    sd <- sqrt(diag(v)); block <- rep(keys, each = length(nodes))
    stopifnot(max(abs(v / outer(sd, sd))[outer(block, block, "!=")]) < 1e-12)
    for (key in keys) add(name, kind, key, nodes, v[block == key, block == key])
  } else add(name, kind, keys, nodes, v)
}

# Rows that answered all three items: plain means of the same rows.
complete <- score(d[complete.cases(d[three]), ])
base <- design(complete)
add("complete", "nation", "", three, vcov(svymean(make.formula(three), base)))
svyby_case("complete", "province", "province", three, base)
svyby_case("complete", "unit", "agency", three, base)

# All rows: each item over the answers that it has.
all <- score(d)
for (item in three) { there <- !is.na(all[[item]]); all[[paste0("n", item)]] <- as.numeric(there); all[[item]][!there] <- 0 }
ratios <- function(kind, key, part) {
  v <- vcov(svyratio(make.formula(three), make.formula(paste0("n", three)), part, covmat = TRUE))
  same <- (seq_along(three) - 1) * length(three) + seq_along(three)
  add("answered", kind, key, three, v[same, same])
}
everyone <- design(all)
ratios("nation", "", everyone)
for (key in 1:63) ratios("province", key, subset(everyone, province == key))
for (key in 1:20) ratios("unit", key, subset(everyone, agency == key))

# Two strata with one PSU, four provinces, agencies of two kinds: rules for lonely PSUs.
few <- complete[complete$province <= 4, ]
first <- tapply(few$psu, few$stratum, min)
lonely <- names(first)[c(2, 7)]
few <- few[!(as.character(few$stratum) %in% lonely & few$psu != first[as.character(few$stratum)]), ]
few$agency <- 1 + few$agency %% 2
stopifnot(all(table(few$agency, few$stratum) > 0))
for (rule in c("remove", "average", "adjust")) {
  options(survey.lonely.psu = rule)
  add(paste0("lonely_", rule), "nation", "", three, vcov(svymean(make.formula(three), design(few))))
  svyby_case(paste0("lonely_", rule), "unit", "agency", three, design(few))
}
options(survey.lonely.psu = "fail")

# Raked weights, as in ../calibration/make.R: influence values of composites, domain by domain, and their total's variance.
province_total <- tapply(d$weight, d$province, sum)
province_total <- round(province_total * (1 + 0.05 * (-1)^seq_along(province_total)))
urban_total <- tapply(d$weight, d$urban, sum)
urban_total <- urban_total * c(1.10, 0.95, 0.98)[seq_along(urban_total)]
urban_total <- urban_total * sum(province_total) / sum(urban_total)
with_factors <- update(design(d), province_f = factor(province), urban_f = factor(urban))
columns <- colnames(model.matrix(~ 0 + province_f + urban_f, with_factors$variables))
raked <- calibrate(with_factors, ~ 0 + province_f + urban_f, setNames(c(province_total, urban_total[-1]), columns),
  calfun = "raking", epsilon = 1e-13, maxit = 500)
influence <- function(keep, items, shares) {
  y <- as.matrix(d[items]); n <- !is.na(y); y[!n] <- 0
  w <- weights(raked); count <- n * keep; score <- 25 * (y - 1) * count
  total <- colSums(w * score); size <- colSums(w * count)
  as.vector((sweep(score, 2, 1 / size, "*") - sweep(count, 2, total / size^2, "*")) %*% shares)
}
composites <- function(keep) cbind(influence(keep, items[1:5], rep(1 / 5, 5)),
  influence(keep, items, rep(c(.15, .25, .20, .20, .20) / 5, each = 5)))
raked_case <- function(kind, keys, of) {
  z <- do.call(cbind, lapply(keys, function(key) composites(as.numeric(of == key))))
  add("raked", kind, keys, c("C1", "INDEX"), vcov(svytotal(z, raked)))
}
raked_case("province", 1:4, d$province)
raked_case("unit", 1:6, d$agency)

# The jackknife.
jkn <- as.svrepdesign(base, type = "JKn", mse = FALSE)
add("jackknife", "nation", "", three, vcov(svymean(make.formula(three), jkn)))
svyby_case("jackknife", "unit", "agency", three, jkn)

cat(sprintf('{"generator": "R %s, survey %s",\n"lonely_strata": [%s],\n"cases": [\n%s\n]}\n', getRversion(), packageVersion("survey"),
  paste0('"', lonely, '"', collapse = ", "), paste(cases, collapse = ",\n")))
