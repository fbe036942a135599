#include "cli/measure.h"

#include <stdlib.h>
#include <string.h>
#include <sys/random.h>
#include <time.h>

#include "base/memory.h"
#include "cli/commands.h"
#include "cli/session.h"

static const double checkup_s = 0.2; // of calibration, at the start and after every round

// Start of the run and a random part, as two runs may start in the same second.
static void make_run_id(char out[RUN_ID_SIZE])
{
    unsigned short random = 0;
    if (getrandom(&random, sizeof random, 0) != sizeof random)
        random = (unsigned short)clock_now(&clock_monotonic);
    time_t now = (time_t)clock_unix_time();
    struct tm utc;
    gmtime_r(&now, &utc);
    size_t n = strftime(out, RUN_ID_SIZE, "%Y%m%dT%H%M%S", &utc);
    snprintf(out + n, RUN_ID_SIZE - n, "-%04x", random);
}

static bool series_known(const struct timings *t, int brick, double footprint, double share)
{
    for (int k = 0; k < t->n_records[brick]; k++) {
        const struct series *s = timings_series(t, brick, k, footprint);
        if (s && series_suffices(s, t->band, share, &sampler_defaults))
            return true;
    }
    return false;
}

static double sum_of_uses(const struct demand *d)
{
    double uses = 0;
    for (int i = 0; i < d->n; i++)
        uses += d->uses[i];
    return uses;
}

// Share of each brick in the time of all models, as far as the cache knows it; 0 where not.
static double *known_shares(const struct measure *m, const struct timings *t)
{
    double *share = xcalloc((size_t)m->suite->n_bricks, sizeof *share), total = 0;
    for (int i = 0; i < m->suite->n_bricks; i++) {
        const struct demand *d = &m->demands[i];
        double footprint = d->n ? d->footprint[d->n - 1] : 0;
        struct brick_time time = brick_time(t, i, footprint);
        share[i] = time.time_ns * sum_of_uses(d);
        brick_time_release(&time);
        total += share[i];
    }
    for (int i = 0; total > 0 && i < m->suite->n_bricks; i++)
        share[i] /= total;
    return share;
}

// Drops from the demands what the cache holds in sufficient quality.
static void drop_known(struct measure *m)
{
    struct timings t;
    timings_load(&t, m->suite, &m->place);
    if (t.misses.n)
        note("%d damaged or foreign file(s) of the cache are passed over, the first: %s",
             t.misses.n, t.misses.reason);
    double *share = known_shares(m, &t);
    for (int i = 0; i < m->suite->n_bricks; i++) {
        struct demand *d = &m->demands[i];
        int kept = 0;
        for (int k = 0; k < d->n; k++) {
            if (series_known(&t, i, d->footprint[k], share[i]))
                continue;
            d->footprint[kept] = d->footprint[k];
            d->uses[kept++] = d->uses[k];
        }
        d->n = kept;
    }
    free(share);
    timings_release(&t);
}

static void add_target(struct measure *m, int brick)
{
    struct demand *d = &m->demands[brick];
    m->targets[m->n_targets++] = (struct target){
        .brick = m->suite->bricks[brick],
        .n = d->n,
        .footprint = d->footprint,
        .uses = sum_of_uses(d),
        .record = &m->records[brick],
    };
}

// False if the engine cannot run a step of it: that is reported, and the others go on.
static bool can_run(struct measure *m, const struct brick *brick)
{
    for (int i = 0; i < brick->graph->n_nodes; i++) {
        struct error err = {0};
        char prefix[64];
        if (kernel_set_get(m->kernels, brick->graph, &brick->graph->nodes[i], &err))
            continue;
        snprintf(prefix, sizeof prefix, "brick %.12s is left out", brick->signature);
        error_prefix(&err, prefix);
        report(&err);
        return false;
    }
    return true;
}

static void make_record(struct measure *m, int brick)
{
    struct record *r = &m->records[brick];
    record_init(r, m->suite->bricks[brick]->text);
    memcpy(r->run, m->run, sizeof r->run);
    snprintf(r->host, sizeof r->host, "%s", m->engine.machine.host);
    r->loop_version = brick_loop_version(m->suite->bricks[brick]->graph);
}

static void make_targets(struct measure *m)
{
    size_t n = (size_t)m->suite->n_bricks;
    m->targets = xcalloc(n, sizeof *m->targets);
    m->records = xcalloc(n, sizeof *m->records);
    m->saved = xcalloc(n, sizeof *m->saved);
    m->left_out = xcalloc(n, sizeof *m->left_out);
    make_run_id(m->run);
    for (int i = 0; i < m->suite->n_bricks; i++) {
        make_record(m, i);
        if (m->demands[i].n == 0)
            continue;
        m->left_out[i] = !can_run(m, m->suite->bricks[i]);
        m->n_left_out += m->left_out[i];
        if (!m->left_out[i])
            add_target(m, i);
    }
}

static void choose_demands(struct measure *m, enum measure_scope scope)
{
    if (scope == MEASURE_lacking)
        drop_known(m);
    for (int i = 0; scope == MEASURE_nothing && i < m->suite->n_bricks; i++)
        m->demands[i].n = 0;
}

int measure_open(struct measure *m, const struct options *o, const struct suite *s,
                 enum measure_scope scope, const struct sampler_options *options, struct error *err)
{
    *m = (struct measure){.suite = s};
    if (session_open(&m->engine, o, err) || session_open_place(&m->place, &m->engine, o, err))
        return -1;
    m->kernels = kernel_set_new(&m->engine);
    m->demands = demands_of_suite(s, place_far(&m->place), NULL);
    choose_demands(m, scope);
    make_targets(m);
    if (m->n_targets == 0)
        return 0;
    if (checkup_start(&m->checkup, &m->engine, m->kernels, &clock_monotonic, err))
        return -1;
    checkup_block(&m->checkup, checkup_s);
    m->sampler = sampler_new(&m->engine, m->kernels, &clock_monotonic, options, m->n_targets,
                             m->targets, err);
    return m->sampler ? 0 : -1;
}

void measure_close(struct measure *m)
{
    sampler_free(m->sampler);
    checkup_release(&m->checkup);
    for (int i = 0; m->records && i < m->suite->n_bricks; i++)
        record_release(&m->records[i]);
    if (m->demands)
        demands_free(m->demands, m->suite->n_bricks);
    free(m->records);
    free(m->saved);
    free(m->left_out);
    free(m->targets);
    cache_close(&m->place);
    if (m->kernels)
        kernel_set_free(m->kernels);
    engine_release(&m->engine);
    *m = (struct measure){0};
}

static int count_samples(const struct record *r)
{
    int n = 0;
    for (int i = 0; i < r->n_series; i++)
        n += r->series[i].n;
    return n;
}

struct fitness measure_fitness(const struct measure *m)
{
    struct fitness_facts facts = checkup_facts(&m->checkup);
    return fitness_judge(&facts);
}

static void note_fitness(struct measure *m)
{
    checkup_block(&m->checkup, checkup_s);
    struct fitness fitness = measure_fitness(m);
    for (int i = 0; i < m->suite->n_bricks; i++)
        fitness_line(&fitness, m->records[i].fitness);
}

static int save_records(struct measure *m, struct error *err)
{
    for (int i = 0; i < m->suite->n_bricks; i++) {
        int n = count_samples(&m->records[i]);
        if (n == m->saved[i])
            continue;
        if (cache_put(&m->place, &m->records[i], err))
            return -1;
        m->saved[i] = n;
    }
    return 0;
}

int measure_round(struct measure *m, measure_watch *watch, void *context, struct error *err)
{
    if (!m->sampler)
        return 0;
    int status = 1;
    m->n_wanted = sampler_begin_round(m->sampler);
    if (m->round++ == 0)
        m->n_pairs = m->n_wanted;
    while (status > 0 && watch(context, m))
        status = sampler_step(m->sampler, err);
    note_fitness(m);
    if (save_records(m, err) || status < 0)
        return -1;
    return m->n_wanted;
}

void measure_describe(const struct measure *m, char *out, size_t size)
{
    snprintf(out, size, "%d bricks, round %d, %d of %d still wanted", m->n_targets, m->round,
             m->n_wanted, m->n_pairs);
}

static bool is_timed(const struct target *t)
{
    for (int i = 0; i < t->n; i++) {
        const struct series *s = record_find(t->record, t->footprint[i]);
        if (!s || !s->n)
            return false;
    }
    return true;
}

int measure_n_timed(const struct measure *m)
{
    int n = 0;
    for (int i = 0; i < m->n_targets; i++)
        n += is_timed(&m->targets[i]);
    return n;
}

void measure_timings(const struct measure *m, struct timings *t)
{
    size_t n = (size_t)m->suite->n_bricks;
    *t = (struct timings){
        .suite = m->suite,
        .far = place_far(&m->place),
        .n_records = xcalloc(n, sizeof *t->n_records),
        .records = xcalloc(n, sizeof *t->records),
        .borrowed = true,
    };
    for (int i = 0; i < m->suite->n_bricks; i++) {
        t->n_records[i] = count_samples(&m->records[i]) > 0;
        t->records[i] = &m->records[i];
    }
    timings_survey(t);
}
