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

// Whether it does: it takes less than 0.97 of the time, and the 95 % intervals of both are apart.
bool contest_is_won(const struct standing *incumbent, const struct standing *challenger);

// One brick's implementations while they are compared.
struct contest {
    struct demand demand; // where the brick counts
    int n_tried;
    struct tried tried[MAX_TRIED];
};

// Notes what was seen of r's implementation where the incumbent takes most time; later samples
// replace earlier ones.
void contest_note(struct contest *c, const struct record *incumbent, const struct record *r);

// Notes both. The challenger's time over the incumbent's if it takes its place, else 1. known_ns is
// what the incumbent took before, 0 if that is not known: one that is slower than usual while it
// is compared, on a busy machine or with cores far from each other, does not lose for that.
double contest_decide(struct contest *c, const struct record *incumbent,
                      const struct record *challenger, double known_ns);

#endif
