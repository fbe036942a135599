#include "bricks/record.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "base/memory.h"
#include "base/statistics.h"
#include "bricks/work.h"

// Differences between visits of one run over the square root of 2, of the 587 bricks of 25 models
// at one and two threads: root of the mean square 3 to 18 % (middle half 2 to 5 %) below 1 ms, 2 to
// 3 % (1 to 2 %) above.
static const double long_ns = 1e6, spread_of_short = 0.05, spread_of_long = 0.025;

double usual_spread(double time_ns)
{
    return time_ns < long_ns ? spread_of_short : spread_of_long;
}

void record_init(struct record *r, const char *text)
{
    *r = (struct record){.format = RECORD_FORMAT, .text = xstrdup(text)};
    signature_of(text, r->signature);
}

void series_release(struct series *s)
{
    free(s->time_ns);
    free(s->conditions);
    *s = (struct series){0};
}

void record_begin(struct record *r, const struct record *like)
{
    *r = *like;
    r->text = xstrdup(like->text);
    r->n_tried = r->n_series = r->series_capacity = 0;
    r->series = NULL;
}

void record_clear(struct record *r)
{
    for (int i = 0; i < r->n_series; i++)
        series_release(&r->series[i]);
    r->n_series = 0;
}

void record_release(struct record *r)
{
    record_clear(r);
    free(r->series);
    free(r->text);
    *r = (struct record){0};
}

struct series *record_series(struct record *r, double footprint)
{
    footprint = rint(footprint);
    int at = 0;
    while (at < r->n_series && r->series[at].footprint < footprint)
        at++;
    if (at < r->n_series && r->series[at].footprint == footprint)
        return &r->series[at];
    grow(&r->series, &r->series_capacity, r->n_series + 1, sizeof *r->series);
    memmove(&r->series[at + 1], &r->series[at], (size_t)(r->n_series - at) * sizeof *r->series);
    r->n_series++;
    r->series[at] = (struct series){.footprint = footprint};
    return &r->series[at];
}

const struct series *record_find(const struct record *r, double footprint)
{
    for (int i = 0; i < r->n_series; i++)
        if (r->series[i].footprint == rint(footprint))
            return &r->series[i];
    return NULL;
}

void series_add(struct series *s, double time_ns, struct condition condition)
{
    grow(&s->time_ns, &s->times_capacity, s->n + 1, sizeof *s->time_ns);
    grow(&s->conditions, &s->conditions_capacity, s->n + 1, sizeof *s->conditions);
    s->time_ns[s->n] = time_ns;
    s->conditions[s->n++] = condition;
}

int series_select(const struct series *s, struct band band, double *out)
{
    int n = 0;
    for (int i = 0; i < s->n; i++)
        if (band_holds(band, s->conditions[i].handoff_ns))
            out[n++] = s->time_ns[i];
    return n;
}

double series_median(const struct series *s, struct band band)
{
    if (!s || !s->n)
        return 0;
    double *times = xmalloc((size_t)s->n * sizeof *times);
    int n = series_select(s, band, times);
    double result = n ? median(times, n) : 0;
    free(times);
    return result;
}

int series_visits(const struct series *s, struct band band, double *out)
{
    double *times = xmalloc((size_t)s->n * sizeof *times);
    int n_visits = 0;
    for (int i = 0; i < s->n;) {
        int n = 0, visit = s->conditions[i].visit;
        for (; i < s->n && s->conditions[i].visit == visit; i++)
            if (band_holds(band, s->conditions[i].handoff_ns))
                times[n++] = s->time_ns[i];
        if (n)
            out[n_visits++] = median(times, n);
    }
    free(times);
    return n_visits;
}

void records_free(struct record *records, int n)
{
    for (int i = 0; i < n; i++)
        record_release(&records[i]);
    free(records);
}

int brick_loop_version(const struct graph *brick)
{
    int version = 0;
    for (int i = 0; i < brick->n_nodes; i++) {
        const struct node *n = &brick->nodes[i];
        version += op_info(n->op)->version;
        version += work_is_tiny(brick, n); // with several threads they ran on the team once
        for (int p = 0; p < n->n_posts; p++)
            version += op_info(n->posts[p].op)->version;
    }
    return version;
}

static bool begins_with(const struct series *a, const struct series *b)
{
    if (!a || a->n < b->n)
        return false;
    for (int i = 0; i < b->n; i++) {
        const struct condition *x = &a->conditions[i], *y = &b->conditions[i];
        if (a->time_ns[i] != b->time_ns[i] || x->handoff_ns != y->handoff_ns ||
            x->cycle_ns != y->cycle_ns || x->marks != y->marks || x->visit != y->visit)
            return false;
    }
    return true;
}

bool record_contains(const struct record *a, const struct record *b)
{
    if (strcmp(a->text, b->text) != 0 || strcmp(a->run, b->run) != 0 ||
        strcmp(a->implementation, b->implementation) != 0 || a->loop_version != b->loop_version)
        return false;
    for (int i = 0; i < b->n_series; i++)
        if (!begins_with(record_find(a, b->series[i].footprint), &b->series[i]))
            return false;
    return true;
}

int record_n_samples(const struct record *r)
{
    int n = 0;
    for (int i = 0; i < r->n_series; i++)
        n += r->series[i].n;
    return n;
}
