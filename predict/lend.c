#include "predict/lend.h"

#include <math.h>
#include <stdlib.h>

#include "base/memory.h"

// How far two sizes of one machine are apart where nothing tells: as far as the cores of one and
// the same size are, from one hour to the next (predict.c). It counts as much as so many times that
// both have.
static const double usual_apart = 0.15;
enum { USUAL_WEIGHT = 3 };

struct lender {
    struct lending lending;
    struct timings timings;
};

struct lenders {
    double far; // of the place that borrows
    int n;
    struct lender *lender;
};

bool place_is_lender(const struct cache_place *other, const struct cache_place *place)
{
    return machine_is_relative(&other->machine, &place->machine) &&
           environment_difference(&other->environment, &place->environment) < 0;
}

struct sum {
    int n;
    double squares;
};

// What the other has of a brick at a footprint. What is read from memory here is so there, however
// large its caches are.
static struct brick_time lent_time(const struct timings *other, int brick, double footprint,
                                   double own_far)
{
    bool from_memory = footprint >= own_far;
    return brick_time(other, brick, from_memory ? fmax(footprint, other->far) : footprint);
}

// One brick at all footprints of its first record: what it takes there over what it takes here.
static void add_ratios(struct sum *sum, const struct timings *own, const struct timings *other,
                       int brick)
{
    for (int i = 0; own->n_records[brick] && i < own->records[brick][0].n_series; i++) {
        double point = own->records[brick][0].series[i].footprint;
        if (point <= 0)
            continue;
        struct brick_time here = brick_time(own, brick, point);
        struct brick_time there = lent_time(other, brick, point, own->far);
        if (here.known && there.known) {
            sum->n++;
            sum->squares += pow(log(there.time_ns / here.time_ns), 2);
        }
        brick_time_release(&here);
        brick_time_release(&there);
    }
}

// Root mean square: what is lent is not corrected, so that a common factor is an error as well.
static void compare(struct lender *l, const struct timings *own)
{
    struct sum sum = {USUAL_WEIGHT, USUAL_WEIGHT * usual_apart * usual_apart};
    for (int i = 0; i < own->suite->n_bricks; i++)
        add_ratios(&sum, own, &l->timings, i);
    l->lending.n_common = sum.n - USUAL_WEIGHT;
    l->lending.spread = sqrt(sum.squares / sum.n);
}

// Octaves between the sizes.
static double apart(const struct cache_place *a, const struct cache_place *b)
{
    return fabs(log2((double)a->machine.cores / b->machine.cores));
}

// Keeps the list in order; those that are equally near stay in theirs.
static void insert(struct lenders *l, const struct cache_place *other,
                   const struct cache_place *place)
{
    int at = l->n++;
    for (; at > 0 && apart(l->lender[at - 1].lending.place, place) > apart(other, place); at--)
        l->lender[at] = l->lender[at - 1];
    l->lender[at] = (struct lender){.lending.place = other};
}

struct lenders *lenders_new(const struct timings *own, const struct cache_place *place,
                            const struct cache_all *all)
{
    struct lenders *l = xcalloc(1, sizeof *l);
    l->far = own->far;
    l->lender = xcalloc((size_t)all->n + 1, sizeof *l->lender);
    for (int i = 0; i < all->n; i++)
        if (place_is_lender(&all->places[i], place))
            insert(l, &all->places[i], place);
    for (int i = 0; i < l->n; i++) {
        timings_load(&l->lender[i].timings, own->suite, l->lender[i].lending.place);
        compare(&l->lender[i], own);
    }
    if (l->n)
        return l;
    lenders_free(l);
    return NULL;
}

void lenders_free(struct lenders *l)
{
    if (!l)
        return;
    for (int i = 0; i < l->n; i++)
        timings_release(&l->lender[i].timings);
    free(l->lender);
    free(l);
}

struct brick_time lenders_time(const struct lenders *l, int brick, double footprint)
{
    struct brick_time t = {0};
    for (int i = 0; i < l->n && !t.known; i++) {
        const struct lender *from = &l->lender[i];
        t = lent_time(&from->timings, brick, footprint, l->far);
        t.sigma_ns = hypot(t.sigma_ns, from->lending.spread * t.time_ns);
        t.lent_from = t.known ? from->lending.place : NULL;
    }
    return t;
}

const struct delays *lenders_delays(const struct lenders *l)
{
    return &l->lender[0].timings.delays;
}

bool lenders_lending(const struct lenders *l, int i, struct lending *out)
{
    if (i >= l->n)
        return false;
    *out = l->lender[i].lending;
    return true;
}
