#include "predict/outliers.h"

#include <stdlib.h>

#include "base/memory.h"
#include "base/statistics.h"
#include "predict/draw.h"

// A clock that is so much slower is no jitter of its measurement, which `dlbricks machine check`
// shows behind the cycle.
static const double slow_cycle = 1.03;

// What is usual in a series.
struct usual {
    struct band band;
    double median_ns, cycle_ns;
};

static double median_cycle(const struct series *s)
{
    double *cycles = xmalloc((size_t)s->n * sizeof *cycles);
    for (int i = 0; i < s->n; i++)
        cycles[i] = s->conditions[i].cycle_ns;
    double result = median(cycles, s->n);
    free(cycles);
    return result;
}

static struct usual usual_of(const struct series *s, struct band band)
{
    double *times = xmalloc((size_t)s->n * sizeof *times);
    int n = series_select(s, band, times);
    if (!n)
        n = series_select(s, band = band_all(), times);
    struct usual usual = {band, median(times, n), median_cycle(s)};
    free(times);
    return usual;
}

static enum outlier_cause cause_of(const struct condition *c, const struct usual *usual)
{
    if (c->marks & CONDITION_migrated)
        return OUTLIER_migrated;
    if (c->marks & CONDITION_preempted)
        return OUTLIER_preempted;
    if (c->marks & CONDITION_faulted)
        return OUTLIER_page_fault;
    if (!band_holds(usual->band, c->handoff_ns))
        return OUTLIER_handoff;
    return c->cycle_ns > slow_cycle * usual->cycle_ns ? OUTLIER_frequency : OUTLIER_unexplained;
}

void outliers_add(struct outliers *o, const struct series *s, struct band band)
{
    if (!s->n)
        return;
    struct usual usual = usual_of(s, band);
    double limit_ns = delay_limit_ns(usual.median_ns);
    for (int i = 0; i < s->n; i++) {
        o->n_samples++;
        o->samples_ns += s->time_ns[i];
        if (s->time_ns[i] <= limit_ns)
            continue;
        enum outlier_cause cause = cause_of(&s->conditions[i], &usual);
        o->n[cause]++;
        o->beyond_ns[cause] += s->time_ns[i] - usual.median_ns;
    }
}

const char *outlier_cause_name(enum outlier_cause c)
{
    static const char *const names[] = {"migrated", "preempted", "page_fault",
                                        "handoff",  "frequency", "unexplained"};
    return names[c];
}
