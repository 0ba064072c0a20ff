# Confidence sets of ranks after Mogstad, Romano, Shaikh and Wilhelm (2024), written from the paper over all ordered pairs of
# units, without regard to speed. Reads value,se,df of independent units with a header line and prints JSON; run as
#   Rscript reference.R < units.csv
units <- read.csv(file("stdin"))
K <- nrow(units)
B <- 399
level <- 0.9

# Draws that any language can repeat: the minimal standard generator, 16807 s mod 2^31 - 1, from 1; unit by unit.
state <- 1
uniform <- function(n) vapply(seq_len(n), function(i) {
  state <<- (16807 * state) %% 2147483647
  state / 2147483647
}, 0)
errors <- t(sapply(seq_len(K), function(j) units$se[j] * qnorm(uniform(B))))
ratios <- t(sapply(seq_len(K), function(j) sqrt(qchisq(uniform(B), units$df[j]) / units$df[j])))

quantile_of <- function(x) sort(x)[ceiling(level * (B + 1) - 1e-9)]

# TRUE at [j, k]: theta_j <= theta_k is rejected. `family` says which hypotheses are tested.
rejections <- function(family, known) {
  V <- units$se^2
  pairs <- which(family, arr.ind = TRUE)
  j <- pairs[, 1]
  k <- pairs[, 2]
  m <- length(j) / 2
  if (known) {
    scale <- rep(1, length(j))
  } else {
    tail <- (1 - level) / (2 * m)
    q <- qt(tail, units$df) / qnorm(tail)
    scale <- sqrt((V[j] * q[j]^2 + V[k] * q[k]^2) / (V[j] + V[k]))
  }
  observed <- (units$value[j] - units$value[k]) / sqrt(V[j] + V[k]) / scale
  se <- function(b) if (known) sqrt(V[j] + V[k]) else sqrt(V[j] * ratios[j, b]^2 + V[k] * ratios[k, b]^2)
  drawn <- sapply(seq_len(B), function(b) (errors[j, b] - errors[k, b]) / se(b) / scale)
  standing <- rep(TRUE, length(j))
  repeat {
    critical <- quantile_of(apply(drawn[standing, , drop = FALSE], 2, max))
    falls <- standing & observed > critical
    if (!any(falls)) break
    standing <- standing & !falls
  }
  rejected <- matrix(FALSE, K, K)
  rejected[cbind(j, k)] <- !standing
  rejected
}

sets <- function(known) {
  off <- !diag(K)
  all <- rejections(off, known)
  one <- sapply(seq_len(K), function(j) {
    r <- rejections(off & (row(off) == j | col(off) == j), known)
    c(1 + sum(r[, j]), K - sum(r[j, ]))
  })
  list(one_low = one[1, ], one_high = one[2, ], all_low = 1 + colSums(all), all_high = K - rowSums(all))
}

# Pairwise sets with Welch's t.
welch <- function(m) {
  V <- units$se^2
  sapply(seq_len(K), function(j) {
    k <- setdiff(seq_len(K), j)
    df <- (V[j] + V[k])^2 / (V[j]^2 / units$df[j] + V[k]^2 / units$df[k])
    t <- (units$value[j] - units$value[k]) / sqrt(V[j] + V[k])
    q <- qt(1 - (1 - level) / (2 * m), df)
    c(1 + sum(t < -q), K - sum(t > q))
  })
}

drawn_ranks <- function(values) apply(values, 2, function(x) rank(-x, ties.method = "min"))
num <- function(x) paste0("[", paste(sprintf("%.17g", x), collapse = ", "), "]")
fields <- function(l) paste(sprintf("\"%s\": %s", names(l), sapply(l, num)), collapse = ",\n  ")
marginal <- welch(K - 1)
joint <- welch(K * (K - 1) / 2)
cat("{\n \"level\": 0.9, \"draws\": 399,\n \"units\": {", fields(units), "},\n \"known\": {", fields(sets(TRUE)), "},\n \"t\": {", fields(sets(FALSE)),
  "},\n \"welch\": {", fields(list(marginal_low = marginal[1, ], marginal_high = marginal[2, ], joint_low = joint[1, ], joint_high = joint[2, ])),
  "},\n \"top20\": {", fields(list(known = rowMeans(drawn_ranks(units$value + errors) <= 20),
    t = rowMeans(drawn_ranks(units$value + errors / ratios) <= 20))), "}\n}\n")
