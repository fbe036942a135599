#include "tests/perf/support/ledger.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/memory.h"
#include "bricks/cache_scan.h"
#include "bricks/cost.h"

// ---- reading -------------------------------------------------------------------------------

static int read_runs(struct ledger *l, const char *path, struct error *err)
{
    double start_s, seconds;
    FILE *f = fopen(path, "r");
    if (!f)
        return errno == ENOENT ? 0 : fail(err, "%s: %s", path, strerror(errno));
    int n;
    while ((n = fscanf(f, "%lf %lf", &start_s, &seconds)) == 2) {
        grow(&l->runs, &l->runs_capacity, l->n_runs + 1, sizeof *l->runs);
        l->runs[l->n_runs++] = (struct ledger_run){.start_s = start_s, .seconds = seconds};
    }
    fclose(f);
    return n == EOF ? 0 : fail(err, "%s:%d is no run of bench", path, l->n_runs + 1);
}

// Records know whole seconds.
static int run_at(const struct ledger *l, int64_t unix_time)
{
    double at_s = (double)unix_time;
    for (int i = l->n_runs - 1; i >= 0; i--)
        if (at_s >= l->runs[i].start_s - 1 && at_s <= l->runs[i].start_s + l->runs[i].seconds + 1)
            return i;
    return -1;
}

// The hot loop's seconds are in what a brick costs at its footprints.
static void add_series(struct ledger *l, const struct record *r, const struct series *s, int run,
                       const struct brick *brick, const struct probe *probe)
{
    double *medians = xcalloc((size_t)s->n + 1, sizeof *medians);
    int visits = series_visits(s, band_all(), medians);
    free(medians);
    if (s->footprint <= 0 || visits == 0)
        return;
    struct ledger_entry e = {.footprint = s->footprint, .run = run};
    memcpy(e.signature, r->signature, sizeof e.signature);
    e.cost_s = visits * cost_share_s(brick, 1, &s->footprint, probe);
    l->runs[run].expected_s += e.cost_s;
    grow(&l->entries, &l->capacity, l->n + 1, sizeof *l->entries);
    l->entries[l->n++] = e;
}

static int add_record(void *context, const struct cache_place *place, const struct record *r,
                      const char *text, struct error *err)
{
    (void)text;
    struct ledger *l = context;
    int run = run_at(l, r->unix_time);
    if (run < 0)
        return 0;
    struct brick *brick = brick_parse(r->text, err);
    if (!brick)
        return -1;
    for (int i = 0; i < r->n_series; i++)
        add_series(l, r, &r->series[i], run, brick, &place->probe);
    brick_free(brick);
    return 0;
}

static int by_series(const void *a, const void *b)
{
    const struct ledger_entry *x = a, *y = b;
    int order = strcmp(x->signature, y->signature);
    return order ? order : (x->footprint > y->footprint) - (x->footprint < y->footprint);
}

// A run that recorded nothing (it measured the machine's limits, say) is borne by all others alike.
static void share_out(struct ledger *l)
{
    double all_s = 0, recording_s = 0;
    for (int i = 0; i < l->n_runs; i++) {
        all_s += l->runs[i].seconds;
        recording_s += l->runs[i].expected_s > 0 ? l->runs[i].seconds : 0;
    }
    for (int i = 0; i < l->n; i++) {
        const struct ledger_run *run = &l->runs[l->entries[i].run];
        l->entries[i].cost_s *= run->seconds / run->expected_s * (all_s / recording_s);
    }
}

int ledger_read(struct ledger *l, const char *runs, const char *cache, struct error *err)
{
    struct cache_scan scan = {0};
    const struct cache_sink sink = {.context = l, .record = add_record};
    *l = (struct ledger){0};
    if (read_runs(l, runs, err))
        return -1;
    int status = access(cache, F_OK) ? 0 : cache_scan(cache, &sink, &scan, err);
    flaws_release(&scan.flaws);
    share_out(l);
    if (l->n)
        qsort(l->entries, (size_t)l->n, sizeof *l->entries, by_series);
    return status;
}

void ledger_release(struct ledger *l)
{
    free(l->runs);
    free(l->entries);
    *l = (struct ledger){0};
}

// ---- costs ---------------------------------------------------------------------------------

// The first entry of a brick, or where it would be.
static int first_of(const struct ledger *l, const char *signature)
{
    int low = 0, high = l->n;
    while (low < high) {
        int mid = (low + high) / 2;
        if (strcmp(l->entries[mid].signature, signature) < 0)
            low = mid + 1;
        else
            high = mid;
    }
    return low;
}

double ledger_series_s(const struct ledger *l, const char *signature, double footprint)
{
    double cost_s = 0;
    for (int i = first_of(l, signature);
         i < l->n && strcmp(l->entries[i].signature, signature) == 0; i++)
        if (l->entries[i].footprint == footprint)
            cost_s += l->entries[i].cost_s;
    return cost_s;
}

double ledger_cost_s(const struct ledger *l, const struct suite *s, const struct demand *demands)
{
    double cost_s = 0;
    for (int b = 0; b < s->n_bricks; b++)
        for (int k = 0; k < demands[b].n; k++)
            cost_s += ledger_series_s(l, s->bricks[b]->signature, demands[b].footprint[k]);
    return cost_s;
}
