// dlbricks validate: measures whole models, interleaved with their bricks, and shows how far the
// prediction from the bricks is off.
#include <math.h>
#include <stdlib.h>

#include "base/statistics.h"
#include "cli/commands.h"
#include "cli/input.h"
#include "cli/interrupt.h"
#include "cli/measure.h"
#include "cli/progress.h"
#include "cli/session.h"
#include "cli/table.h"
#include "runner/visit.h"

static const double visit_s = 0.05; // shortest visit of a model
static const double small_ns = 2e6; // models below are shown, but judged apart

static const struct column model_columns[] = {
    {"model", "model", COLUMN_text, 0, 0},
    {"measured_p50_ns", "measured ms", COLUMN_real, 1e-6, 3},
    {"measured_low_ns", "low", COLUMN_real, 1e-6, 3},
    {"measured_high_ns", "high", COLUMN_real, 1e-6, 3},
    {"measured_p99_ns", "p99", COLUMN_real, 1e-6, 3},
    {"predicted_p50_ns", "predicted ms", COLUMN_real, 1e-6, 3},
    {"predicted_low_ns", "low", COLUMN_real, 1e-6, 3},
    {"predicted_high_ns", "high", COLUMN_real, 1e-6, 3},
    {"error", "error %", COLUMN_real, 100, 1},
    {"noise", "noise %", COLUMN_real, 100, 1},
    {"in_range", "in range", COLUMN_text, 0, 0},
    {"hot_error", "hot loop error %", COLUMN_real, 100, 1},
    {"footprint_bytes", "footprint MB", COLUMN_real, 1e-6, 1},
    {"runs", "runs", COLUMN_count, 0, 0},
};

static const struct column summary_columns[] = {
    {"models", "models", COLUMN_text, 0, 0},
    {"n", "n", COLUMN_count, 0, 0},
    {"mean_abs_error", "mean |error| %", COLUMN_real, 100, 2},
    {"p90_abs_error", "p90 %", COLUMN_real, 100, 2},
    {"worst_abs_error", "worst %", COLUMN_real, 100, 2},
    {"bias", "bias %", COLUMN_real, 100, 2},
    {"in_range", "in range", COLUMN_count, 0, 0},
    {"hot_mean_abs_error", "hot loop: mean |error| %", COLUMN_real, 100, 2},
};

enum { MIN_VISITS = 6 };                // of each model
static const double visits_share = 0.4; // of the time

// One model: compiled, measured, predicted.
struct subject {
    const struct model *model;
    struct graph *graph;
    struct loaded_graph loaded;
    struct visits visits;
    struct interval measured;
    double p99_ns, noise, error, hot_error;
    int n_runs; // in the band
    bool in_range;
};

struct validation {
    struct measure measure;
    int n;
    struct subject *subjects;
    int n_left_out; // models that cannot be run
    struct progress progress;
    double start_s, visits_s; // when measuring began; seconds in visits since
    int next_visit;
};

static bool runs_whole(const struct measure *m, const struct model *model)
{
    for (int i = 0; i < model->n_instances; i++)
        if (m->left_out[model->instances[i].brick])
            return false;
    return true;
}

static void release_subject(struct subject *s)
{
    loaded_graph_release(&s->loaded);
    graph_release(s->graph);
    free(s->graph);
    visits_release(&s->visits);
}

static int load_subject(const struct validation *v, struct subject *subject, struct error *err)
{
    const struct measure *m = &v->measure;
    if (!runs_whole(m, subject->model))
        return fail(err, "the model has bricks that the engine cannot run");
    subject->graph = suite_model_graph(m->suite, subject->model);
    int status = loaded_graph_init(&subject->loaded, &m->engine, m->kernels, subject->graph, err);
    if (status)
        release_subject(subject);
    return status;
}

// Models that cannot be run are reported and left out.
static void load_subjects(struct validation *v, const struct suite *s)
{
    v->subjects = xcalloc((size_t)s->n_models, sizeof *v->subjects);
    for (int i = 0; i < s->n_models; i++) {
        struct error err = {0};
        struct subject subject = {.model = &s->models[i]};
        if (load_subject(v, &subject, &err) == 0) {
            v->subjects[v->n++] = subject;
            continue;
        }
        error_prefix(&err, subject.model->name);
        report(&err);
        v->n_left_out++;
    }
}

static void release_subjects(struct validation *v)
{
    for (int i = 0; i < v->n; i++)
        release_subject(&v->subjects[i]);
    free(v->subjects);
}

static void visit_next(struct validation *v)
{
    struct subject *s = &v->subjects[v->next_visit++ % v->n];
    double start_s = session_now_s();
    visit_model(&s->loaded, &clock_monotonic, visit_s, &s->visits);
    v->visits_s += session_now_s() - start_s;
}

// Visits take turns with the surrogates of the bricks, so that both meet the machine in the same
// minutes: the next model is visited whenever visits have had less than their share of the time.
static bool take_turn(void *context, const struct measure *m)
{
    struct validation *v = context;
    char text[96];
    measure_describe(m, text, sizeof text);
    progress_show(&v->progress, 0.999 * sampler_progress(m->sampler), 1, text, session_now_s());
    while (v->n && v->visits_s < visits_share * (session_now_s() - v->start_s) && !interrupted)
        visit_next(v);
    return !interrupted;
}

static bool enough_visits(const struct validation *v)
{
    return v->next_visit >= v->n * MIN_VISITS;
}

// Rounds of bricks and visits of all models in turn, until both are good enough.
static int measure_all(struct validation *v, struct error *err)
{
    int pending;
    v->start_s = session_now_s();
    progress_start(&v->progress, stderr, v->start_s);
    do
        pending = measure_round(&v->measure, take_turn, v, err);
    while (pending > 0 && !interrupted);
    while (!enough_visits(v) && !interrupted)
        visit_next(v);
    progress_clear(&v->progress);
    return pending < 0 ? -1 : 0;
}

static void judge(struct subject *s, const struct prediction *p, struct band band)
{
    double *times = xmalloc((size_t)s->visits.n * sizeof *times);
    int n = visits_select(&s->visits, band, times);
    if (!n) {
        note("%s was never visited under the condition in which its bricks were timed",
             s->model->name);
        n = visits_select(&s->visits, band = band_all(), times);
    }
    sort_doubles(times, n);
    s->measured = median_interval(times, n);
    s->p99_ns = quantile_sorted(times, n, 0.99);
    s->noise = visits_noise(&s->visits, band);
    s->n_runs = n;
    free(times);
    s->error = p->time_ns / s->measured.value - 1;
    s->hot_error = p->hot_ns / s->measured.value - 1;
    s->in_range = p->low_ns <= s->measured.value && s->measured.value <= p->high_ns;
}

static void add_subject(struct table *t, const struct subject *s, const struct prediction *p)
{
    table_text(t, s->model->name);
    table_real(t, s->measured.value);
    table_real(t, s->measured.low);
    table_real(t, s->measured.high);
    table_real(t, s->p99_ns);
    table_real(t, p->time_ns);
    table_real(t, p->low_ns);
    table_real(t, p->high_ns);
    table_real(t, s->error);
    table_real(t, s->noise);
    table_text(t, s->in_range ? "yes" : "no");
    table_real(t, s->hot_error);
    table_real(t, p->footprint);
    table_count(t, s->n_runs);
}

// Errors of the models on one side of small_ns.
struct summary {
    int n, n_in_range;
    double mean, p90, worst, bias, hot_mean; // of |error|, but for the bias
};

static struct summary summarise(const struct validation *v, bool small)
{
    struct summary sum = {0};
    double *errors = xcalloc((size_t)v->n + 1, sizeof *errors);
    for (int i = 0; i < v->n; i++) {
        const struct subject *s = &v->subjects[i];
        if ((s->measured.value < small_ns) != small)
            continue;
        errors[sum.n++] = fabs(s->error);
        sum.mean += fabs(s->error);
        sum.bias += s->error;
        sum.hot_mean += fabs(s->hot_error);
        sum.n_in_range += s->in_range;
    }
    if (sum.n) {
        sort_doubles(errors, sum.n);
        sum.p90 = quantile_sorted(errors, sum.n, 0.9);
        sum.worst = errors[sum.n - 1];
        sum.mean /= sum.n;
        sum.bias /= sum.n;
        sum.hot_mean /= sum.n;
    }
    free(errors);
    return sum;
}

static void add_summary(struct table *t, const char *label, const struct summary *sum)
{
    if (sum->n == 0)
        return;
    table_text(t, label);
    table_count(t, sum->n);
    table_real(t, sum->mean);
    table_real(t, sum->p90);
    table_real(t, sum->worst);
    table_real(t, sum->bias);
    table_count(t, sum->n_in_range);
    table_real(t, sum->hot_mean);
}

// What --max-error tests: the mean |error| of the models that are not small, of all if there are
// none but small ones.
static double judged_error(const struct validation *v)
{
    struct summary sum = summarise(v, false);
    return sum.n ? sum.mean : summarise(v, true).mean;
}

static void print_results(struct validation *v, const struct options *o)
{
    struct table models, summary;
    struct timings timings;
    table_init(&models, COLUMNS(model_columns));
    table_init(&summary, COLUMNS(summary_columns));
    measure_timings(&v->measure, &timings);
    for (int i = 0; i < v->n; i++) {
        struct prediction p;
        predict_model(&p, &timings, v->subjects[i].model);
        judge(&v->subjects[i], &p, timings.band);
        add_subject(&models, &v->subjects[i], &p);
        prediction_release(&p);
    }
    timings_release(&timings);
    struct summary large = summarise(v, false), small = summarise(v, true);
    add_summary(&summary, "2 ms and more", &large);
    add_summary(&summary, "below 2 ms", &small);
    const struct section sections[] = {
        {"models", "Fresh: whole models and their bricks measured in turns", &models},
        {"summary", "Errors: (predicted - measured) / measured", &summary},
    };
    sections_print(sections, 2, o, stdout);
    table_release(&models);
    table_release(&summary);
}

static int validate(struct validation *v, const struct suite *s, const struct options *o,
                    struct error *err)
{
    // twice the usual number of rounds: as many visits of the models
    struct sampler_options sampling = sampler_defaults;
    sampling.min_rounds *= 2;
    if (measure_open(&v->measure, o, s, true, &sampling, err))
        return -1;
    load_subjects(v, s);
    if (v->n && measure_all(v, err))
        return -1;
    if (v->measure.place.probe.warning[0])
        note("%s", v->measure.place.probe.warning);
    if (!interrupted)
        print_results(v, o);
    return 0;
}

// A failure is the graver news; a threshold means nothing for models that were not measured.
static int status_of(const struct validation *v, const struct options *o)
{
    if (v->n_left_out || v->measure.n_left_out)
        return STATUS_failed;
    if (interrupted)
        return STATUS_incomplete;
    return judged_error(v) > o->max_error / 100 ? STATUS_exceeded : STATUS_done;
}

int cmd_validate(const struct options *o)
{
    struct suite s;
    struct error err = {0};
    int status = input_load(o, &s);
    if (s.n_models) {
        struct validation v = {0};
        interrupt_install();
        if (validate(&v, &s, o, &err))
            status = report(&err);
        else if (status == STATUS_done)
            status = status_of(&v, o);
        release_subjects(&v);
        measure_close(&v.measure);
    }
    suite_release(&s);
    return status;
}
