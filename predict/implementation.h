// Which implementation of a brick counts: samples of another one tell nothing of what runs now.
#ifndef PREDICT_IMPLEMENTATION_H
#define PREDICT_IMPLEMENTATION_H

#include "bricks/cache.h"
#include "bricks/suite.h"

// The record whose implementation counts, among those of one brick; NULL if there are none.
const struct record *newest_record(const struct record *records, int n);

// What the cache knows of single steps: these run in larger bricks, and in whole models, as the
// newest records of them do.
struct step_records {
    struct suite steps; // each step of a suite's bricks as a brick of its own
    int *n_records;     // per step of these
    struct record **records;
    int *first, *step_of; // step i of brick b: number step_of[first[b] + i]
};
void step_records_load(struct step_records *r, const struct suite *suite,
                       const struct cache_place *place);
void step_records_release(struct step_records *r);

// What brick number `brick` of that suite runs, if another implementation was chosen for some of
// its steps than `newest`, its record, has; else NULL. Which is the later does not matter: a record
// that another cache had may be newer than the choice. The caller frees it.
char *implementation_chosen(const struct step_records *r, int brick, const struct record *newest);

#endif
