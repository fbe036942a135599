#include "cli/measure.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>
#include <sys/random.h>
#include <time.h>

#include "base/memory.h"
#include "bricks/cost.h"
#include "cli/commands.h"
#include "cli/session.h"
#include "cli/wishes.h"

static const double checkup_s = 0.2;       // of calibration, at the start and the end,
static const double checkup_every_s = 4.0; // and between batches that much apart
static const double batch_s = 30; // a round over a large suite takes longer: it is saved in parts

// Start of the run and a random part, as two runs may start in the same second.
static void make_run_id(char out[RUN_ID_SIZE])
{
    unsigned random = 0;
    if (getrandom(&random, sizeof random, 0) != sizeof random)
        random = (unsigned)clock_now(&clock_monotonic);
    time_t now = (time_t)clock_unix_time();
    struct tm utc;
    gmtime_r(&now, &utc);
    size_t n = strftime(out, RUN_ID_SIZE, "%Y%m%dT%H%M%S", &utc);
    snprintf(out + n, RUN_ID_SIZE - n, "-%08x", random);
}

static double sum_of_uses(const struct demand *d)
{
    double uses = 0;
    for (int i = 0; i < d->n; i++)
        uses += d->uses[i];
    return uses;
}

// Of one run: as this run's samples have it, else as the rules do.
static double expected_ns(const struct measure *m, int brick, double footprint)
{
    double known = series_median(record_find(&m->records[brick], footprint), band_all());
    return known > 0 ? known : cost_run_ns(m->staged.bricks[brick], footprint, &m->place.probe);
}

// d and record are NULL for what only stands beside others, in a model of this footprint. Returns
// the number of the target.
static int add_target(struct measure *m, int brick, double footprint, const struct demand *d,
                      struct record *record, struct kernel_set *kernels)
{
    grow(&m->targets, &m->targets_capacity, m->n_pieces + 1, sizeof *m->targets);
    m->targets[m->n_pieces] = (struct target){
        .brick = m->staged.bricks[brick],
        .n = d ? d->n : 0,
        .footprint = d ? d->footprint : NULL,
        .uses = d ? sum_of_uses(d) : 0,
        .expected_ns = expected_ns(m, brick, footprint),
        .record = record,
        .kernels = kernels,
    };
    return m->n_pieces++;
}

static bool can_run(struct measure *m, const struct brick *brick, struct error *err)
{
    for (int i = 0; i < brick->graph->n_nodes; i++)
        if (!kernel_set_get(m->kernels, brick->graph, &brick->graph->nodes[i], err))
            return false;
    return true;
}

// What the engine cannot run is reported, and the others go on.
static void report_left_out(struct measure *m, int brick, struct error *err)
{
    char prefix[64];
    snprintf(prefix, sizeof prefix, "brick %.12s is left out", m->suite->bricks[brick]->signature);
    error_prefix(err, prefix);
    report(err);
    m->left_out[brick] = true;
    m->n_left_out++;
}

static void make_record(struct measure *m, int brick)
{
    struct record *r = &m->records[brick];
    record_init(r, m->staged.bricks[brick]->text);
    memcpy(r->run, m->run, sizeof r->run);
    snprintf(r->host, sizeof r->host, "%s", m->engine.machine.host);
    r->loop_version = brick_loop_version(m->staged.bricks[brick]->graph);
}

static void make_records(struct measure *m)
{
    size_t n = (size_t)m->staged.n_bricks;
    m->records = xcalloc(n, sizeof *m->records);
    m->saved = xcalloc(n, sizeof *m->saved);
    m->left_out = xcalloc(n, sizeof *m->left_out);
    m->target_of = xcalloc(n, sizeof *m->target_of);
    make_run_id(m->run);
    for (int i = 0; i < m->staged.n_bricks; i++)
        make_record(m, i);
}

struct demand *measure_demands(const struct suite *s, const struct options *o, double far,
                               double *footprints)
{
    struct demand *of_models = demands_of_suite(s, far, footprints);
    if (!o->footprints.n)
        return of_models;
    demands_free(of_models, s->n_bricks);
    return demands_at(s, far, o->footprints.n, o->footprints.bytes);
}

int measure_open(struct measure *m, const struct options *o, const struct suite *s,
                 struct error *err)
{
    *m = (struct measure){.suite = s, .options = o};
    if (session_open(&m->engine, o, err) || session_open_place(&m->place, &m->engine, o, err))
        return -1;
    if (suite_accompany(&m->staged, s, err))
        return -1;
    step_records_load(&m->steps, s, &m->place);
    m->kernels = wishes_of_steps(&m->engine, &m->steps);
    if (s->granularity == 1)
        step_records_release(&m->steps);
    m->footprints = xcalloc((size_t)s->n_models, sizeof *m->footprints);
    m->demands = measure_demands(s, o, place_far(&m->place), m->footprints);
    make_records(m);
    return 0;
}

void measure_stop(struct measure *m)
{
    sampler_free(m->sampler);
    chains_release(&m->chains);
    m->sampler = NULL;
    m->n_targets = m->n_pieces = 0;
    m->round = 0;
}

static double last_footprint(const struct demand *d)
{
    return d->footprint[d->n - 1];
}

static void choose_targets(struct measure *m, const struct demand *demands)
{
    for (int i = 0; i < m->staged.n_bricks; i++) {
        const struct demand *d = i < m->suite->n_bricks ? &demands[i] : NULL;
        struct error err = {0};
        m->target_of[i] = NONE;
        if (!d || d->n == 0 || m->left_out[i])
            continue;
        if (can_run(m, m->suite->bricks[i], &err))
            m->target_of[i] = add_target(m, i, last_footprint(d), d, &m->records[i], m->kernels);
        else
            report_left_out(m, i, &err);
    }
    m->n_targets = m->n_pieces;
}

static void choose_rivals(struct measure *m, const struct demand *demands)
{
    for (int i = 0; m->rivals && i < m->rivals->n; i++) {
        struct rival *r = &m->rivals->rival[i];
        const struct demand *d = &demands[r->brick];
        bool timed = !r->out && m->target_of[r->brick] != NONE;
        r->target = timed ? add_target(m, r->brick, last_footprint(d), d, &r->record,
                                       m->rivals->kernels[r->lane])
                          : NONE;
    }
}

// What keeps others company is never wanted itself.
static bool wants_brick(const struct measure *m, const struct demand *demands, int brick,
                        double footprint)
{
    return brick < m->suite->n_bricks && demand_find(&demands[brick], footprint) != NONE;
}

// True if some brick of the model is to be timed at the footprint.
static bool wants(const struct measure *m, const struct demand *demands, const struct model *model,
                  double footprint)
{
    for (int i = 0; i < model->n_instances; i++)
        if (wants_brick(m, demands, model->instances[i].brick, footprint))
            return true;
    return false;
}

// What stands beside the targets in their surrogate models: all that the model has if it is short,
// else what leads in.
static void add_others(struct measure *m, const struct demand *demands, const struct model *model,
                       double footprint, bool whole)
{
    for (int i = model->n_instances - 1, near = 0; i >= 0; i--) {
        int brick = model->instances[i].brick;
        if (wants_brick(m, demands, brick, footprint))
            near = LEAD;
        else if ((whole || near-- > 0) && m->target_of[brick] == NONE &&
                 can_run(m, m->staged.bricks[brick], NULL))
            m->target_of[brick] = add_target(m, brick, footprint, NULL, NULL, m->kernels);
    }
}

// Of all bricks of a model, or of those that are no targets.
static double sum_ns(const struct measure *m, const struct model *model, double footprint, bool all)
{
    double ns = 0;
    for (int i = 0; i < model->n_instances; i++)
        if (all || m->target_of[model->instances[i].brick] == NONE)
            ns += expected_ns(m, model->instances[i].brick, footprint);
    return ns;
}

// Model number k with targets of these numbers in its places.
static void add_chain(struct measure *m, int k, double footprint, double bytes, bool whole,
                      const int *target_of)
{
    const struct model *model = &m->staged.models[k];
    double far = place_far(&m->place);
    struct chain *c =
        chains_add(&m->chains, &m->staged, model, footprint, fmin(bytes, far), target_of);
    c->isolated = model_is_isolated(&m->suite->models[k]);
    c->rest_ns = sum_ns(m, model, footprint, false);
    c->forgets = bytes >= far;
    c->whole = whole;
}

static bool holds(const struct model *model, int brick)
{
    for (int i = 0; i < model->n_instances; i++)
        if (model->instances[i].brick == brick)
            return true;
    return false;
}

// The model once more with the rivals of a lane in their places, if it holds any.
static void add_lane(struct measure *m, const struct demand *demands, int k, double footprint,
                     double bytes, bool whole, int lane)
{
    size_t size = (size_t)m->staged.n_bricks * sizeof *m->target_of;
    int *target_of = memcpy(xmalloc(size), m->target_of, size), n = 0;
    for (int i = 0; i < m->rivals->n; i++) {
        const struct rival *r = &m->rivals->rival[i];
        if (r->lane != lane || r->target == NONE || !holds(&m->staged.models[k], r->brick) ||
            demand_find(&demands[r->brick], footprint) == NONE)
            continue;
        target_of[r->brick] = r->target;
        n++;
    }
    if (n)
        add_chain(m, k, footprint, bytes, whole, target_of);
    free(target_of);
}

static void add_model(struct measure *m, const struct demand *demands, int k, double bytes)
{
    const struct model *model = &m->staged.models[k];
    double far = place_far(&m->place), footprint = footprint_point(bytes, far);
    if (!wants(m, demands, model, footprint))
        return;
    bool whole = bytes < far && sum_ns(m, model, footprint, true) <= whole_ns;
    add_others(m, demands, model, footprint, whole);
    add_chain(m, k, footprint, bytes, whole, m->target_of);
    for (int lane = 0; m->rivals && lane < MAX_KERNEL_NAMES; lane++)
        add_lane(m, demands, k, footprint, bytes, whole, lane);
}

// The models at the footprints that they have, or that --footprint asks for.
static void make_chains(struct measure *m, const struct demand *demands)
{
    for (int k = 0; k < m->suite->n_models; k++) {
        int n = m->options->footprints.n;
        const double *bytes = n ? m->options->footprints.bytes : &m->footprints[k];
        for (int i = 0; i < (n ? n : 1); i++)
            add_model(m, demands, k, bytes[i]);
    }
}

int measure_start(struct measure *m, const struct demand *demands,
                  const struct sampler_options *options, struct error *err)
{
    measure_stop(m);
    choose_targets(m, demands);
    if (m->n_targets == 0)
        return 0;
    choose_rivals(m, demands);
    make_chains(m, demands);
    if (!m->checkup.engine && measure_look(m, err))
        return -1;
    m->sampler = sampler_new(&m->engine, m->kernels, &clock_monotonic, options, m->n_pieces,
                             m->targets, m->chains.n, m->chains.chain, err);
    return m->sampler ? 0 : -1;
}

void measure_close(struct measure *m)
{
    measure_stop(m);
    checkup_release(&m->checkup);
    records_free(m->records, m->records ? m->staged.n_bricks : 0);
    if (m->demands)
        demands_free(m->demands, m->suite->n_bricks);
    free(m->footprints);
    free(m->saved);
    free(m->left_out);
    free(m->targets);
    free(m->target_of);
    suite_release(&m->staged);
    step_records_release(&m->steps);
    cache_close(&m->place);
    wishes_free(m->kernels);
    engine_release(&m->engine);
    *m = (struct measure){0};
}

struct fitness measure_fitness(const struct measure *m)
{
    struct fitness_facts facts = checkup_facts(&m->checkup);
    return fitness_judge(&facts);
}

int measure_look(struct measure *m, struct error *err)
{
    if (!m->checkup.engine &&
        checkup_start(&m->checkup, &m->engine, m->kernels, &clock_monotonic, err))
        return -1;
    checkup_block(&m->checkup, checkup_s);
    m->looked_s = session_now_s();
    return 0;
}

static void note_fitness(struct measure *m)
{
    if (m->checkup.n_blocks < 2 || session_now_s() - m->looked_s >= checkup_every_s)
        measure_look(m, NULL);
    struct fitness fitness = measure_fitness(m);
    for (int i = 0; i < m->suite->n_bricks; i++)
        fitness_line(&fitness, m->records[i].fitness);
}

static int save_records(struct measure *m, struct error *err)
{
    for (int i = 0; i < m->suite->n_bricks; i++) {
        int n = record_n_samples(&m->records[i]);
        if (n == m->saved[i])
            continue;
        if (cache_put(&m->place, &m->records[i], err))
            return -1;
        m->saved[i] = n;
    }
    return 0;
}

// Until the round or the batch is over, or somebody wants to stop: *stopped. Returns what
// sampler_step does.
static int sample_batch(struct measure *m, measure_watch *watch, void *context, bool *stopped,
                        struct error *err)
{
    double end_s = session_now_s() + batch_s;
    int status = 1;
    while (status > 0 && !*stopped && session_now_s() < end_s) {
        *stopped = !watch(context, m);
        if (!*stopped)
            status = sampler_step(m->sampler, err);
    }
    return status;
}

int measure_round(struct measure *m, measure_watch *watch, void *context, struct error *err)
{
    if (!m->sampler)
        return 0;
    int status = 1;
    bool stopped = false;
    m->n_wanted = sampler_begin_round(m->sampler);
    if (m->round++ == 0)
        m->n_pairs = m->n_wanted;
    while (status > 0 && !stopped) {
        status = sample_batch(m, watch, context, &stopped, err);
        note_fitness(m);
        if (!m->keeps_back && save_records(m, err))
            return -1;
    }
    return status < 0 ? -1 : m->n_wanted;
}

void measure_describe(const struct measure *m, char *out, size_t size)
{
    snprintf(out, size, "%d bricks, round %d, %d of %d still wanted", m->n_targets, m->round,
             m->n_wanted, m->n_pairs);
}

int measure_n_timed(const struct measure *m)
{
    int n = 0;
    for (int i = 0; i < m->suite->n_bricks; i++)
        n += record_n_samples(&m->records[i]) > 0;
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
        t->n_records[i] = record_n_samples(&m->records[i]) > 0;
        t->records[i] = &m->records[i];
    }
    timings_survey(t);
}
