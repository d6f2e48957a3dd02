# SPDX-License-Identifier: GPL-2.0-only
# Reference values for tests/unit/ranks.c, from R (4.2.2, package r-base-core):
#   Rscript tests/statistics/ranks.R >tests/unit/ranks_reference.h
# Samples without ties: wilcox.test(exact = TRUE, conf.int = TRUE), whose shift is "x - y"; its interval is the one for
# the confidence that it achieves, 1 - 2 pwilcox(c - 1). Samples with ties, of which it has no exact p: all ways to deal
# the values, by combn(). Large ones: its normal approximation with both corrections.
options(digits = 17)
list_of <- function(v) paste(sprintf("%.10g", v), collapse = ", ")
case <- function(name, base, new, level, p, interval, coverage, exact) {
	d <- as.vector(outer(new, base, "-"))
	cat(sprintf("\t{ \"%s\", %d, { %s },\n\t  %d, { %s },\n\t  %g, %.12g, %.12g, %.12g, %.12g, %.12g, %s },\n", name,
		    length(base), list_of(base), length(new), list_of(new), level, median(d), interval[1], interval[2],
		    coverage, p, exact))
}
untied <- function(name, base, new, level) {
	t <- wilcox.test(new, base, exact = TRUE, conf.int = TRUE, conf.level = level)
	m <- length(base)
	n <- length(new)
	c <- qwilcox((1 - level) / 2, n, m)
	stopifnot(c > 0, !anyDuplicated(c(base, new)))
	case(name, base, new, level, t$p.value, t$conf.int, 1 - 2 * pwilcox(c - 1, n, m), "true")
}
tied <- function(name, base, new, level) {
	r <- rank(c(base, new))
	m <- length(base)
	sums <- combn(r, m, sum)
	far <- abs(sum(r[seq_len(m)]) - mean(sums))
	c <- qwilcox((1 - level) / 2, length(new), m)
	d <- sort(as.vector(outer(new, base, "-")))
	case(name, base, new, level, mean(abs(sums - mean(sums)) >= far - 1e-9), c(d[c], d[length(d) + 1 - c]),
	     1 - 2 * pwilcox(c - 1, length(new), m), "true")
}
large <- function(name, base, new, level) {
	t <- wilcox.test(new, base, exact = FALSE, correct = TRUE)
	m <- length(base)
	n <- length(new)
	z <- function(c) (m * n / 2 - c + 0.5) / sqrt(m * n * (m + n + 1) / 12)
	c <- max(Filter(function(c) 1 - 2 * pnorm(-z(c)) >= level, seq_len(m * n / 2)))
	d <- sort(as.vector(outer(new, base, "-")))
	case(name, base, new, level, t$p.value, c(d[c], d[length(d) + 1 - c]), 1 - 2 * pnorm(-z(c)), "false")
}
draw <- function(n, at, spread = 0.02) round(at + rnorm(n, sd = spread), 5)

set.seed(20261126)
cat("/* SPDX-License-Identifier: GPL-2.0-only */\n/* Made by tests/statistics/ranks.R; not to be changed by hand. */\n")
cat("/* clang-format off */\nstatic const struct reference references[] = {\n")
untied("4 against 4, apart", c(1.1, 1.2, 1.3, 1.45), c(2.05, 2.17, 2.31, 2.43), 0.95)
untied("5 against 5", draw(5, 3), draw(5, 3.02), 0.95)
untied("5 against 5, same", draw(5, 3), draw(5, 3), 0.95)
untied("6 against 9", draw(6, 3), draw(9, 3.03), 0.95)
untied("9 against 6", draw(9, 3), draw(6, 2.97), 0.99)
untied("2 against 8", draw(2, 3), draw(8, 3.1), 0.95)
untied("12 against 12", draw(12, 3), draw(12, 3.01), 0.99)
untied("20 against 20", draw(20, 3), draw(20, 3.01), 0.95)
tied("ties inside a side", c(1, 1, 2, 3, 4), c(5, 5, 6, 7, 8), 0.95)
tied("ties across", c(1, 2, 2, 3, 5), c(2, 3, 3, 4, 6, 7), 0.95)
tied("uneven ties", c(1, 1, 1, 2), c(1, 2, 2, 3, 3, 3, 9), 0.95)
tied("all equal", c(3, 3, 3, 3), c(3, 3, 3, 3), 0.95)
tied("7 against 7 of whole numbers", c(19, 19, 20, 20, 20, 21, 22), c(20, 21, 21, 22, 22, 22, 23), 0.95)
large("30 against 30", draw(30, 3), draw(30, 3.01), 0.95)
large("25 against 40 with ties", round(draw(25, 3), 2), round(draw(40, 3.01), 2), 0.99)
cat("};\n\n")

family <- function(p) {
	q <- p.adjust(p, "BH")
	cat(sprintf("\t{ %d, { %s },\n\t  { %s } },\n", length(p), list_of(p), paste(sprintf("%.12g", q), collapse = ", ")))
}
cat("static const struct family families[] = {\n")
family(c(0.01, 0.02, 0.03, 0.04, 0.05))
family(c(0.001, 0.8, 0.04, 0.04, 0.2, 0.0079))
family(c(0.5))
family(c(0.9, 0.95, 1, 1))
family(round(c(runif(16), runif(4) / 500), 5))
cat("};\n/* clang-format on */\n")
