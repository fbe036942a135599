// What a predicted time rests on, in words.
#ifndef CLI_BASIS_H
#define CLI_BASIS_H

#include "cli/options.h"
#include "cli/table.h"
#include "predict/compare.h"
#include "predict/forecast.h"

// "54/54 bricks (2 stale), 3 runs, 6 d old",
// "41/54 measured, 13 lent (18 % of the time), 3 runs, ..."
// "41/54 measured, 13 estimated (18 % of the time), 3 runs, ..."
void basis_describe(const struct prediction *p, const struct forecast *f, struct str *out);

// "measured", "stale", "lent", "estimated" or "missing".
const char *basis_of_step(const struct brick_time *time);

// The same of a brick in two predictions, by what is the weaker.
const char *basis_of_contribution(const struct contribution *c);

// A text cell: the source layers of an instance's steps, "conv1 | relu1+add".
void basis_add_layers(struct table *t, const struct instance *instance);

// Notes what was not timed, what timing it would cost, and the command that measures it.
void basis_note_lacking(const struct prediction *p, const struct forecast *f,
                        const struct options *o);

// Notes how many bricks rest on stale or lent records, or that there are some where bricks are
// lacking.
void basis_note_substitutes(const struct forecast *f, const struct substitutes *with);

#endif
