# The sensitivity analysis of COINr's own example, as its vignette has it: four choices, N draws of all of them at once, and the
# Sobol design of N (d + 2) runs. Prints JSON, so that the bench can hold scores, rank shifts and shares against its own.
#
# Rscript coinr.R DRAWS BASE
suppressMessages(library(COINr))
arguments <- as.integer(commandArgs(trailingOnly = TRUE))
set.seed(1)
coin <- build_example_coin(quietly = TRUE)

# The vignette's scale of 1 to 100, since geometric means take no zero; its weights vary at levels 2 and 3 by a quarter.
coin$Log$Normalise$global_specs <- list(f_n = "n_minmax", f_n_para = list(c(1, 100)))
coin <- Regen(coin, quietly = TRUE)
weights <- get_noisy_weights(coin$Meta$Weights$Original, data.frame(Level = c(2, 3), NoiseFactor = c(0.25, 0.25)), Nrep = 1000)
choices <- list(
  Winmax = list(Address = "$Log$Treat$global_specs$f1_para$winmax", Distribution = 1:5, Type = "discrete"),
  Normalisation = list(
    Address = "$Log$Normalise$global_specs", Type = "discrete",
    Distribution = list(list(f_n = "n_minmax", f_n_para = list(c(1, 100))), list(f_n = "n_zscore", f_n_para = list(c(10, 2))))
  ),
  Weights = list(Address = "$Log$Aggregate$w", Distribution = weights, Type = "discrete"),
  Aggregation = list(Address = "$Log$Aggregate$f_ag", Distribution = c("a_amean", "a_gmean"), Type = "discrete")
)
timed <- function(kind, n) {
  start <- proc.time()[["elapsed"]]
  found <- get_sensitivity(coin, choices, n, kind, dset = "Aggregated", iCode = "Index", Nboot = 100, quietly = TRUE, check_addresses = FALSE)
  list(seconds = proc.time()[["elapsed"]] - start, found = found)
}
number <- function(x) paste0("[", paste(format(x, digits = 17, trim = TRUE), collapse = ","), "]")
drawn <- timed("UA", arguments[1])
ranks <- as.matrix(drawn$found$Ranks[, -(1:2)])
designed <- timed("SA", arguments[2])
shares <- designed$found$Sensitivity
cat(sprintf(
  '{"version":"%s","draws":%d,"seconds":%.3f,"units":["%s"],"scores":%s,"shift":%.6f,"runs":%d,"sobol_seconds":%.3f,"first":%s,"total":%s}\n',
  packageVersion("COINr"), arguments[1], drawn$seconds, paste(drawn$found$Nominal$uCode, collapse = '","'),
  number(drawn$found$Nominal$Score), mean(abs(ranks - drawn$found$Ranks$Nominal)),
  arguments[2] * (length(choices) + 2), designed$seconds, number(shares$Si), number(shares$STi)
))
