#include "cli/batches.h"

#include <stdlib.h>

#include "base/memory.h"
#include "cli/interrupt.h"
#include "cli/session.h"

// Far more batches than a brick is visited.
enum { MAX_IDLE = 100 };

static const double rounds_s = 2; // so long a batch begins rounds

static void plan(struct batches *b)
{
    agenda_release(&b->agenda);
    agenda_make(&b->agenda, b->scope, &b->measure->place, b->now_s);
}

void batches_init(struct batches *b, struct measure *m, const struct scope *scope,
                  const struct pace *pace)
{
    *b = (struct batches){.measure = m, .scope = scope, .pace = *pace, .now_s = clock_unix_time()};
    plan(b);
}

void batches_release(struct batches *b)
{
    agenda_release(&b->agenda);
}

static bool may_go_on(const struct batches *b)
{
    return !interrupted && !pace_is_over(&b->pace, session_now_s());
}

// Called after every surrogate model.
static bool watch(void *context, const struct measure *m)
{
    struct batches *b = context;
    char text[96];
    double done_s = b->pace.expected_s + b->batch_s * sampler_progress(m->sampler);
    snprintf(text, sizeof text, "batch %d: %d bricks; %.0f %% of the models' time known", b->n,
             m->n_targets, 100 * b->agenda.known);
    progress_show(&b->progress, 0.999 * done_s, b->pace.expected_s + b->agenda.expected_s, text,
                  session_now_s());
    return may_go_on(b);
}

// The sampler's neighbourhoods follow from its seed: every batch has others.
static struct sampler_options options_of_batch(int batch)
{
    struct sampler_options options = sampler_defaults;
    options.seed += (uint64_t)batch << 32;
    return options;
}

// What the surrogate models of the first n tasks time as well.
static int add_companions(struct batches *b, int n)
{
    const struct measure *m = b->measure;
    const struct suite *s = b->scope->suite;
    double *points = xcalloc((size_t)s->n_models + 1, sizeof *points);
    for (int i = 0; i < s->n_models; i++)
        points[i] = footprint_point(m->footprints[i], place_far(&m->place));
    n = tasks_add_companions(b->agenda.tasks, n, b->agenda.n_tasks, s, points);
    free(points);
    return n;
}

// What is left of a batch after a round is often little: it is topped up at once for a while.
static int time_rounds(struct batches *b, double end_s, struct error *err)
{
    int n;
    do {
        n = measure_round(b->measure, watch, b, err);
    } while (n > 0 && may_go_on(b) && session_now_s() < end_s);
    return n;
}

static int time_batch(struct batches *b, struct error *err)
{
    double start_s = session_now_s();
    const struct suite *suite = b->scope->suite;
    int n = tasks_batch(b->agenda.tasks, b->agenda.n_tasks, suite, &b->measure->place.probe,
                        pace_limit_s(&b->pace, start_s), &b->batch_s);
    n = add_companions(b, n);
    struct sampler_options options = options_of_batch(b->n++);
    struct demand *demands = tasks_demands(b->agenda.tasks, n, suite);
    int status = measure_start(b->measure, demands, &options, err);
    if (status >= 0)
        status = time_rounds(b, start_s + rounds_s, err);
    measure_stop(b->measure);
    pace_note(&b->pace, b->batch_s, session_now_s() - start_s);
    demands_free(demands, suite->n_bricks);
    return status < 0 ? -1 : 0;
}

int batches_run(struct batches *b, struct error *err)
{
    int status = 0;
    progress_start(&b->progress, stderr, session_now_s());
    while (status == 0 && b->agenda.n_tasks && may_go_on(b)) {
        int n_tasks = b->agenda.n_tasks;
        status = time_batch(b, err);
        plan(b);
        b->n_idle = b->agenda.n_tasks < n_tasks ? 0 : b->n_idle + 1;
        if (status == 0 && b->n_idle > MAX_IDLE)
            status = fail(err,
                          "%d bricks stay wanted however often they are timed; `dlbricks cache "
                          "verify` may say why (records of the future, perhaps)",
                          b->agenda.n_tasks);
    }
    progress_clear(&b->progress);
    return status;
}
