// Which of several implementations of a brick counts. The one that the cache has stays unless
// another is clearly faster, so that the same question has the same answer tomorrow, and samples
// that made one look promising do not also say that it is faster: among several, chance alone would
// find a winner.
#ifndef BRICKS_CONTEST_H
#define BRICKS_CONTEST_H

#include "bricks/footprint.h"
#include "bricks/record.h"

// What all uses of a brick take, by the samples of one implementation.
struct standing {
    bool known;               // at all footprints
    double time_ns, error_ns; // sum of medians of visits; standard error
};
struct standing contest_standing(const struct record *r, const struct demand *d);

// Whether a challenger may take the place of the incumbent, as far as a few samples say.
bool contest_is_open(const struct standing *incumbent, const struct standing *challenger);

// Less than 0.97 of the incumbent's time.
bool contest_is_clear(double incumbent_ns, double challenger_ns);

// Whether it does: it takes less than 0.97 of the time, and the 95 % intervals of both are apart.
bool contest_is_won(const struct standing *incumbent, const struct standing *challenger);

#endif
