// Lent times: those of relatives, which are other sizes of this type of machine (2 or 8 cores of
// one CPU), in an environment that is equal in all that is keyed. The cores are the same, but not
// what they share: last-level cache, memory, neighbours in a virtual machine. So nothing is lent
// unasked, what is lent is marked and never pooled with the machine's own samples, and its error is
// widened by what the two are apart on the bricks that both have timed.
#ifndef PREDICT_LEND_H
#define PREDICT_LEND_H

#include "predict/stale.h"

// Whether `other` may lend to `place`.
bool place_is_lender(const struct cache_place *other, const struct cache_place *place);

// The lenders of a place among all of a cache, the one next in size first; NULL if there is none.
// `own` are the place's timings. All must outlive the lenders.
struct lenders *lenders_new(const struct timings *own, const struct cache_place *place,
                            const struct cache_all *all);
void lenders_free(struct lenders *l); // NULL is fine

// The time of a brick at a model's footprint, by the first lender that timed it there.
struct brick_time lenders_time(const struct lenders *l, int brick, double footprint);

// Delays among the samples of the first lender.
const struct delays *lenders_delays(const struct lenders *l);

// What is known of one lender, for reports. False: there are no more.
struct lending {
    const struct cache_place *place;
    int n_common;  // times of bricks at footprints that both have
    double spread; // relative standard error that is added to what it lends
};
bool lenders_lending(const struct lenders *l, int i, struct lending *out);

#endif
