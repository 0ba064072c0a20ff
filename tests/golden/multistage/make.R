# Writes data/threestage.csv and cases.json: Rscript make.R, in this folder. R 4.2.2, survey 4.1-1.
suppressMessages(library(survey))
options(warn = -1, digits = 17)
set.seed(20261124)

# Three strata of PSUs: 4 of 20, 3 of 9, and one that is sure to be drawn (1 of 1). Second stage 1 to 4 of 5 to 12, third 2 to 5 of 8 to 30.
psus <- data.frame(stratum = c(rep(1, 4), rep(2, 3), 3), psu = 1:8, n1 = c(rep(20, 4), rep(9, 3), 1))
rows <- NULL
for (i in seq_len(nrow(psus))) {
  n2 <- sample(5:12, 1); effect <- rnorm(1, 0, 6)
  for (j in seq_len(sample(2:4, 1))) {
    n3 <- sample(8:30, 1); inner <- rnorm(1, 0, 4)
    k <- sample(2:5, 1)
    rows <- rbind(rows, data.frame(psus[i, ], ssu = j, n2 = n2, tsu = seq_len(k), n3 = n3,
      y = round(60 + effect + inner + rnorm(k, 0, 9), 2), x = round(runif(k, 1, 5), 3), dom = sample(1:2, k, TRUE), kind = sample(c("a", "b", "c"), k, TRUE)))
  }
}
# Those of one PSU who did not answer; a variable that is 0 in a whole stratum; a second stage with a single unit in one PSU.
rows$m <- ifelse(runif(nrow(rows)) < .15, NA, rows$y)
rows$z <- ifelse(rows$stratum == 2, 0, rows$x)
rows$one <- ifelse(rows$psu == 2, 1, rows$ssu)
rows$n_one <- rows$n2
rows$w <- round(runif(nrow(rows), 5, 40), 2)
rownames(rows) <- NULL
write.csv(rows, "data/threestage.csv", row.names = FALSE, quote = FALSE, na = "")
d <- read.csv("data/threestage.csv")
lonely <- read.csv("../survey/data/lonely.csv")

number <- function(v) ifelse(is.nan(v) | is.na(v), "null", sprintf("%.17g", v))
list_of <- function(v) paste0("[", paste(number(v), collapse = ", "), "]")
matrix_of <- function(v) paste0("[", paste(apply(as.matrix(v), 1, list_of), collapse = ", "), "]")
cases <- character()
case <- function(id, data, design, estimator, call, df, names = NULL, groups = NULL, vcov = TRUE, level = .95, refused = FALSE) {
  r <- try(eval(call), silent = TRUE)
  if (inherits(r, "try-error") != refused) stop(id, ": ", r)
  expected <- if (refused) '"error": "refused"' else {
    ci <- function(d) { i <- confint(r, level = level, df = d); sprintf('{"low": %s, "high": %s}', list_of(i[, 1]), list_of(i[, 2])) }
    deff_of <- if (!is.null(attr(r, "deff")) && !inherits(r, "svyby")) sprintf(', "deff": %s', list_of(deff(r))) else ""
    # svyvar's own attribute is its variance.
    paste0('"est": ', list_of(coef(r)), ', "se": ', list_of(as.numeric(unlist(SE(r)))), ', "df": ', df,
      if (vcov) paste0(', "vcov": ', matrix_of(vcov(r))), deff_of, ', "ci_z": ', ci(Inf), ', "ci_t": ', ci(df),
      if (!is.null(groups)) paste0(', "groups": ', groups))
  }
  cases <<- c(cases, sprintf('    {"id": "%s", "data": "%s", "design": %s, "estimator": %s, "level": %s, %s"r": %s, "expected": {%s}, "rel_tol": 1e-9}',
    id, data, design, estimator, format(level), if (refused) '"expect_error": true, ' else "", deparse(paste(deparse(call), collapse = " ")), expected))
}

# All three stages.
full <- svydesign(id = ~psu + ssu + tsu, strata = ~stratum, fpc = ~n1 + n2 + n3, data = d, nest = TRUE)
file <- "data/threestage.csv"
design <- '{"ids": ["psu", "ssu", "tsu"], "strata": ["stratum"], "weights": null, "weights_from_fpc": true, "fpc": ["n1", "n2", "n3"], "nest": true, "lonely_psu": "fail"}'
df <- degf(full)
case("three/mean", file, design, '{"fn": "mean", "vars": ["y", "x"], "deff": ["wor"]}', quote(svymean(~y + x, full, deff = TRUE)), df)
case("three/mean_wr", file, design, '{"fn": "mean", "vars": ["y"], "deff": ["wr"]}', quote(svymean(~y, full, deff = "replace")), df)
case("three/total", file, design, '{"fn": "total", "vars": ["y", "x"], "deff": ["wor"]}', quote(svytotal(~y + x, full, deff = TRUE)), df)
case("three/total_wr", file, design, '{"fn": "total", "vars": ["x"], "deff": ["wr"]}', quote(svytotal(~x, full, deff = "replace")), df, level = .9)
case("three/ratio", file, design, '{"fn": "ratio", "num": ["y"], "den": ["x"]}', quote(svyratio(~y, ~x, full)), df, vcov = FALSE)
case("three/missing", file, design, '{"fn": "mean", "vars": ["m", "x"], "na_rm": true}', quote(svymean(~m + x, full, na.rm = TRUE)), df)
case("three/domain", file, design, '{"fn": "mean", "vars": ["y"], "where": "dom == 1", "deff": ["wor"]}', quote(svymean(~y, subset(full, dom == 1), deff = TRUE)), df)
case("three/domain_total", file, design, '{"fn": "total", "vars": ["y"], "where": "dom == 2 & kind != \'c\'"}', quote(svytotal(~y, subset(full, dom == 2 & kind != "c"))), df)
case("three/by", file, design, '{"fn": "mean", "vars": ["y", "x"], "by": ["kind"]}', quote(svyby(~y + x, ~kind, full, svymean, covmat = TRUE)), df, groups = '{"kind": ["a", "b", "c"]}')
case("three/by_total", file, design, '{"fn": "total", "vars": ["x"], "by": ["dom"]}', quote(svyby(~x, ~dom, full, svytotal, covmat = TRUE)), df, groups = '{"dom": ["1", "2"]}')
case("three/factor", file, design, '{"fn": "mean_factor", "vars": ["kind"], "where": "dom == 1"}', quote(svymean(~kind, subset(full, dom == 1))), df)
case("three/variance", file, design, '{"fn": "variance", "vars": ["y"], "where": "dom == 1"}', quote(svyvar(~y, subset(full, dom == 1))), df)
case("three/function", file, design, '{"fn": "nonlinear", "expr": "sqrt(T_y) * exp(-T_x / 1000) + T_y^1.5 / T_x - 2"}', quote(svycontrast(svytotal(~y + x, full), quote(sqrt(y) * exp(-x / 1000) + y^1.5 / x - 2))), df)
case("three/contrast_domains", file, design, '{"fn": "contrast_domains", "vars": ["y"], "by": ["kind"], "coef": [1, -0.5, -0.5]}',
  quote(svycontrast(svyby(~y, ~kind, full, svymean, covmat = TRUE), c(a = 1, b = -.5, c = -.5))), df)
options(survey.ultimate.cluster = TRUE)
case("three/ultimate", file, sub('"nest"', '"ultimate_cluster": true, "nest"', design), '{"fn": "mean", "vars": ["y"]}', quote(svymean(~y, full)), df)
options(survey.ultimate.cluster = FALSE)

# A weight column beside two stages; no population count at the second stage cannot be said in R: Inf stands for it.
two <- svydesign(id = ~psu + ssu, strata = ~stratum, weights = ~w, fpc = ~n1 + n2, data = d, nest = TRUE)
design <- '{"ids": ["psu", "ssu"], "strata": ["stratum"], "weights": ["w"], "fpc": ["n1", "n2"], "nest": true, "lonely_psu": "fail"}'
case("two/mean", file, design, '{"fn": "mean", "vars": ["y", "z"]}', quote(svymean(~y + z, two)), df)
case("two/total", file, design, '{"fn": "total", "vars": ["z"]}', quote(svytotal(~z, two)), df)

# One second-stage unit in a PSU, under every rule.
for (rule in c("fail", "remove", "certainty", "adjust")) {
  options(survey.lonely.psu = rule)
  single <- svydesign(id = ~psu + one, strata = ~stratum, weights = ~w, fpc = ~n1 + n_one, data = d, nest = TRUE)
  design <- sprintf('{"ids": ["psu", "one"], "strata": ["stratum"], "weights": ["w"], "fpc": ["n1", "n_one"], "nest": true, "lonely_psu": "%s"}', rule)
  case(paste0("single/", rule), file, design, '{"fn": "mean", "vars": ["y"]}', quote(svymean(~y, single)), df, refused = rule == "fail")
}

# Domains that leave one PSU in a stratum which had three, and a stratum that had one PSU from the start.
for (fpc in c(FALSE, TRUE)) for (here in c(FALSE, TRUE)) for (rule in c("fail", "remove", "certainty", "adjust", "average")) {
  options(survey.lonely.psu = rule, survey.adjust.domain.lonely = here)
  l <- if (fpc) svydesign(~psu, strata = ~stratum, weights = ~weight, fpc = ~fpc, data = lonely) else svydesign(~psu, strata = ~stratum, weights = ~weight, data = lonely)
  some <- subset(l, psu != 102 & psu != 103 & psu != 402)
  design <- sprintf('{"ids": ["psu"], "strata": ["stratum"], "weights": ["weight"], "fpc": [%s], "nest": false, "lonely_psu": "%s", "adjust_domain_lonely": %s}',
    if (fpc) '"fpc"' else "", rule, tolower(here))
  name <- sprintf("domain/%s%s%s", rule, if (here) "/adjusted" else "", if (fpc) "/fpc" else "")
  case(name, "../survey/data/lonely.csv", design, '{"fn": "mean", "vars": ["y", "x"], "where": "psu != 102 & psu != 103 & psu != 402"}', quote(svymean(~y + x, some)), degf(l), refused = rule == "fail")
  without <- subset(l, stratum != 2 & stratum != 5)
  case(paste0(name, "/without"), "../survey/data/lonely.csv", design, '{"fn": "total", "vars": ["x"], "where": "stratum != 2 & stratum != 5"}', quote(svytotal(~x, without)), degf(l))
}
options(survey.adjust.domain.lonely = FALSE)
# A stratum whose rows are all 0 still is a stratum of the domain.
lonely$zero <- ifelse(lonely$stratum %in% c(2, 4), 0, lonely$y)
write.csv(lonely, "data/zero.csv", row.names = FALSE, quote = FALSE, na = "")
for (rule in c("fail", "remove", "average")) {
  options(survey.lonely.psu = rule)
  l <- svydesign(~psu, strata = ~stratum, weights = ~weight, data = lonely)
  design <- sprintf('{"ids": ["psu"], "strata": ["stratum"], "weights": ["weight"], "fpc": [], "nest": false, "lonely_psu": "%s"}', rule)
  case(paste0("zero/", rule), "data/zero.csv", design, '{"fn": "total", "vars": ["zero"]}', quote(svytotal(~zero, l)), degf(l), refused = rule == "fail")
}

writeLines(c('{', '  "format": "svy-golden-1",', '  "generator": "R 4.2.2, survey 4.1-1: make.R",', '  "cases": [', paste(cases, collapse = ",\n"), '  ]', '}'), "cases.json")
