// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
#include "lib/measure/share.h"

#include <math.h>
#include <stdbool.h>

/* Halvings of an interval of 1: beyond the last bit of a double near 0.001. */
#define HALVINGS 64

/*
 * I_x(a, b), the regularised incomplete beta function, by its continued fraction (Lentz's way of
 * evaluating it): P(X >= k) of n at rate x is I_x(k, n - k + 1). Its cost does not grow with n.
 */
static double fraction(double a, double b, double x)
{
	const double tiny = 1e-300;
	double c = 1, d = 1 - (a + b) * x / (a + 1), h;

	d = 1 / (fabs(d) < tiny ? tiny : d);
	h = d;
	for (int m = 1; m < 100000; m++) {
		double even = m * (b - m) * x / ((a + 2 * m - 1) * (a + 2 * m));
		double odd = -(a + m) * (a + b + m) * x / ((a + 2 * m) * (a + 2 * m + 1));

		d = 1 + even * d;
		c = 1 + even / c;
		d = 1 / (fabs(d) < tiny ? tiny : d);
		c = fabs(c) < tiny ? tiny : c;
		h *= d * c;
		d = 1 + odd * d;
		c = 1 + odd / c;
		d = 1 / (fabs(d) < tiny ? tiny : d);
		c = fabs(c) < tiny ? tiny : c;
		h *= d * c;
		if (fabs(d * c - 1) < 1e-15)
			break;
	}
	return h;
}

static double log_gamma(double x)
{
	int sign;

	return lgamma_r(x, &sign);
}

static double beta(double a, double b, double x)
{
	double front;

	if (x <= 0 || x >= 1)
		return x > 0;
	front = exp(log_gamma(a + b) - log_gamma(a) - log_gamma(b) + a * log(x) + b * log1p(-x));
	/* The fraction converges fast on this side of the mean; the other side is its mirror. */
	if (x < (a + 1) / (a + b + 2))
		return front * fraction(a, b, x) / a;
	return 1 - front * fraction(b, a, 1 - x) / b;
}

/* The rate at which P(X >= k) is @p; rising in the rate. */
static double rate_at(uint64_t k, uint64_t n, double p)
{
	double lo = 0, hi = 1;

	for (int i = 0; i < HALVINGS; i++) {
		double mid = (lo + hi) / 2;

		if (beta((double)k, (double)(n - k) + 1, mid) < p)
			lo = mid;
		else
			hi = mid;
	}
	return (lo + hi) / 2;
}

struct share share_interval(uint64_t k, uint64_t n, double confidence)
{
	double tail = (1 - confidence) / 2;

	if (!n || k > n)
		return (struct share){ NAN, NAN };
	return (struct share){ .lo = k ? rate_at(k, n, tail) : 0,
			       .hi = k < n ? rate_at(k + 1, n, 1 - tail) : 1 };
}
