#include "predict/teacher.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static const struct guess unknown = {NAN, 0};

static bool has_probe(const struct cache_place *place)
{
    return probe_peak(&place->probe) > 0 && place->probe.gbps_memory > 0;
}

static double log_roofline(const struct school *s, const struct cache_place *place, int brick,
                           double point)
{
    return log(kind_roofline_ns(&s->kinds[brick], point, &place->probe));
}

static double source_log_ns(const struct school *s, const struct source *from, int brick,
                            double point)
{
    struct brick_time t = brick_time_for(&from->timings, brick, point, s->far);
    brick_time_release(&t);
    return t.known ? log(t.time_ns) : NAN;
}

static struct guess guess_place(const struct school *s, const struct teacher *t, int brick,
                                double point, const struct lesson *except)
{
    const struct source *from = &s->sources[t->source[0]];
    if (except && except->stale == from->place) // its own record
        return unknown;
    double log_ns = source_log_ns(s, from, brick, point);
    if (has_probe(s->place) && has_probe(from->place))
        log_ns +=
            log_roofline(s, s->place, brick, point) - log_roofline(s, from->place, brick, point);
    return (struct guess){log_ns, 0};
}

static double log_threads(const struct cache_place *place)
{
    return log(fmax(atof(place->environment.value[ENV_threads]), 1));
}

// Times between two thread counts lie between theirs, on a straight line in logarithms.
static struct guess guess_threads(const struct school *s, const struct teacher *t, int brick,
                                  double point, const struct lesson *except)
{
    (void)except;
    const struct source *fewer = &s->sources[t->source[0]], *more = &s->sources[t->source[1]];
    double a = source_log_ns(s, fewer, brick, point), b = source_log_ns(s, more, brick, point);
    double from = log_threads(fewer->place), to = log_threads(more->place);
    double part = (log_threads(s->place) - from) / (to - from);
    return (struct guess){a + part * (b - a), fabs(b - a)};
}

// Octaves between a lesson and what is wanted, in batch size and footprint.
static double distance(const struct school *s, const struct lesson *l, int brick, double point)
{
    return fabs(log2(s->kinds[l->brick].batch / s->kinds[brick].batch)) +
           fabs(log2(l->point / point));
}

// The nearest lesson of the brick's family whose batch size is smaller (side < 0), the same (the
// brick itself) or larger.
static const struct lesson *nearest_relative(const struct school *s, int brick, double point,
                                             int side, const struct lesson *except)
{
    const struct lesson *nearest = NULL;
    for (int i = 0; i < s->n_lessons; i++) {
        const struct lesson *l = &s->lessons[i];
        double by = s->kinds[l->brick].batch - s->kinds[brick].batch;
        if (l == except || s->family_of[l->brick] != s->family_of[brick] ||
            (by > 0) - (by < 0) != side)
            continue;
        if (!nearest || distance(s, l, brick, point) < distance(s, nearest, brick, point))
            nearest = l;
    }
    return nearest;
}

// How far a lesson is from the roofline.
static double log_beyond(const struct school *s, const struct lesson *l)
{
    return l->log_ns - log_roofline(s, s->place, l->brick, l->point);
}

static struct guess guess_footprints(const struct school *s, const struct teacher *t, int brick,
                                     double point, const struct lesson *except)
{
    (void)t;
    const struct lesson *same = nearest_relative(s, brick, point, 0, except);
    if (!same)
        return unknown;
    return (struct guess){log_roofline(s, s->place, brick, point) + log_beyond(s, same), 0};
}

// Looks at no lesson of the brick itself, so that none is to be left out.
static struct guess guess_batches(const struct school *s, const struct teacher *t, int brick,
                                  double point, const struct lesson *except)
{
    (void)t, (void)except;
    const struct lesson *less = nearest_relative(s, brick, point, -1, NULL);
    const struct lesson *more = nearest_relative(s, brick, point, 1, NULL);
    double own = log_roofline(s, s->place, brick, point);
    if (less && more) {
        double from = log(s->kinds[less->brick].batch), to = log(s->kinds[more->brick].batch);
        double part = (log(s->kinds[brick].batch) - from) / (to - from);
        double a = log_beyond(s, less), b = log_beyond(s, more);
        return (struct guess){own + a + part * (b - a), 0};
    }
    const struct lesson *nearest = less ? less : more;
    return nearest ? (struct guess){own + log_beyond(s, nearest), 0} : unknown;
}

static struct guess guess_roofline(const struct school *s, const struct teacher *t, int brick,
                                   double point, const struct lesson *except)
{
    (void)t, (void)except;
    return (struct guess){log_roofline(s, s->place, brick, point), 0};
}

// As if there were no caches: some code never reads weights as fast as they would give them.
static struct guess guess_memory(const struct school *s, const struct teacher *t, int brick,
                                 double point, const struct lesson *except)
{
    (void)t, (void)except;
    struct probe uncached = s->place->probe;
    uncached.n_levels = 0;
    return (struct guess){log(kind_roofline_ns(&s->kinds[brick], point, &uncached)), 0};
}

static bool same_but_threads(const struct cache_place *a, const struct cache_place *b)
{
    struct environment e = a->environment;
    memcpy(e.value[ENV_threads], b->environment.value[ENV_threads], sizeof e.value[ENV_threads]);
    return machine_same(&a->machine, &b->machine) &&
           environment_difference(&e, &b->environment) < 0;
}

// The source with the next fewer (side < 0) or next more threads.
static int next_threads(const struct school *s, int side)
{
    int next = NONE;
    for (int i = 0; i < s->n_sources; i++) {
        double by = side * (log_threads(s->sources[i].place) - log_threads(s->place));
        if (by <= 0 || !same_but_threads(s->place, s->sources[i].place))
            continue;
        if (next == NONE ||
            by < side * (log_threads(s->sources[next].place) - log_threads(s->place)))
            next = i;
    }
    return next;
}

int teachers_find(const struct school *s, struct teacher *list, int most)
{
    int n = 0;
    for (int i = 0; i < s->n_sources && n < most - OTHER_TEACHERS; i++) {
        const struct cache_place *place = s->sources[i].place;
        char key[128];
        environment_key(&place->environment, key, sizeof key);
        list[n] = (struct teacher){.guess = guess_place, .source = {i, NONE}};
        snprintf(list[n++].name, sizeof list->name, "%s %s", place->machine.label, key);
    }
    int fewer = next_threads(s, -1), more = next_threads(s, 1);
    if (fewer != NONE && more != NONE)
        list[n++] = (struct teacher){
            .name = "fewer and more threads", .guess = guess_threads, .source = {fewer, more}};
    if (!has_probe(s->place))
        return n;
    list[n++] = (struct teacher){.name = "the same at other footprints", .guess = guess_footprints};
    list[n++] = (struct teacher){.name = "the same at other batch sizes", .guess = guess_batches};
    list[n++] = (struct teacher){.name = "peak and bandwidth", .guess = guess_roofline};
    list[n++] = (struct teacher){.name = "peak and memory", .guess = guess_memory};
    return n;
}
