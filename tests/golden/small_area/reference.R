# Fits of the Fay-Herriot model to the milk data, by maximising likelihoods with dense matrices and a line search:
# another way than the product's Fisher scoring on sums. Prints JSON; run as
#   Rscript reference.R < milk.csv
milk <- read.csv(file("stdin"))
y <- milk$yi
psi <- milk$SD^2
X <- model.matrix(~ factor(milk$MajorArea))
m <- nrow(X)
p <- ncol(X)

dense <- function(s) {
  V <- diag(s + psi)
  W <- solve(V)
  H <- solve(t(X) %*% W %*% X)
  b <- H %*% t(X) %*% W %*% y
  list(W = W, H = H, b = b, r = y - X %*% b, P = W - W %*% X %*% H %*% t(X) %*% W)
}
# Derivatives of the log-likelihoods, whose roots uniroot finds to full precision.
equation <- list(
  REML = function(s) { d <- dense(s); sum((d$P %*% y)^2) - sum(diag(d$P)) },
  ML = function(s) { d <- dense(s); sum((d$P %*% y)^2) - sum(diag(d$W)) },
  FH = function(s) { d <- dense(s); sum(d$r^2 / (s + psi)) - (m - p) })

num <- function(x) paste0("[", paste(sprintf("%.17g", x), collapse = ", "), "]")
out <- sapply(names(equation), function(name) {
  s <- uniroot(equation[[name]], c(0, 1), tol = 1e-16, maxiter = 1000)$root
  d <- dense(s)
  v <- s + psi
  g <- s / v
  eblup <- g * y + (1 - g) * as.vector(X %*% d$b)
  g1 <- g * psi
  g2 <- (1 - g)^2 * diag(X %*% d$H %*% t(X))
  avar <- if (name == "FH") 2 * m / sum(1 / v)^2 else 2 / sum(1 / v^2)
  g3 <- psi^2 / v^3 * avar
  bias <- switch(name, REML = 0,
    ML = -sum(diag(d$H %*% t(X) %*% d$W %*% d$W %*% X)) / sum(1 / v^2),
    FH = 2 * (m * sum(1 / v^2) - sum(1 / v)^2) / sum(1 / v)^3)
  mse <- g1 + g2 + 2 * g3 - bias * (1 - g)^2
  sprintf("\"%s\": {\"variance\": %.17g, \"beta\": %s, \"beta_se\": %s, \"eblup\": %s, \"mse\": %s}",
    name, s, num(d$b), num(sqrt(diag(d$H))), num(eblup), num(mse))
})
cat("{", paste(out, collapse = ",\n"), "}\n")
