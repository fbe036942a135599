// Validates one setting. Fresh: visits of the whole models take turns with the surrogates of their
// bricks, so that both meet the machine in the same minutes. From the cache: only the models run.
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "cli/commands.h"
#include "cli/gap_line.h"
#include "cli/input.h"
#include "cli/interrupt.h"
#include "cli/progress.h"
#include "cli/session.h"
#include "cli/subject.h"
#include "cli/suggestion.h"
#include "cli/validate.h"

static const double visits_share = 0.4; // of the time, while bricks are timed
static const double young_s = 3600;     // younger records are hardly another occasion
enum { MAX_EXTRA_VISITS = 24 };         // of a model, to meet the condition of its bricks

struct validation {
    const struct options *o;
    struct measure measure;
    struct timings timings; // from the cache at once, fresh once they are measured
    int n;
    struct subject *subjects;
    int n_left_out;   // models that cannot be run
    int n_incomplete; // models of which bricks are not in the cache
    struct progress progress;
    double start_s, visits_s; // when measuring began; seconds in visits since
    int next_visit;
};

// ---- models --------------------------------------------------------------------------------

static void say_missing(const struct validation *v, const struct prediction *p)
{
    struct str command = STR_INIT;
    suggest_bench(v->o, v->measure.suite->granularity, &v->measure.place, &command);
    note("%s is left out: %d of %d bricks are not in the cache; time them with: %s", p->model->name,
         p->n_missing, p->n_bricks, command.text);
    str_release(&command);
}

static bool is_in_cache(const struct validation *v, const struct model *model)
{
    struct prediction p;
    predict_model(&p, &v->timings, model);
    bool whole = p.n_missing == 0;
    if (!whole)
        say_missing(v, &p);
    prediction_release(&p);
    return whole;
}

static void add_subject(struct validation *v, const struct model *model)
{
    struct error err = {0};
    if (v->o->from_cache && !is_in_cache(v, model)) {
        v->n_incomplete++;
    } else if (subject_init(&v->subjects[v->n], &v->measure, model, &err)) {
        error_prefix(&err, model->name);
        report(&err);
        v->n_left_out++;
    } else {
        v->n++;
    }
}

static void add_subjects(struct validation *v)
{
    const struct suite *s = v->measure.suite;
    v->subjects = xcalloc((size_t)s->n_models, sizeof *v->subjects);
    for (int i = 0; i < s->n_models; i++)
        add_subject(v, &s->models[i]);
}

// ---- measuring -----------------------------------------------------------------------------

static void visit(struct validation *v, struct subject *s)
{
    double start_s = session_now_s();
    subject_visit(s);
    v->visits_s += session_now_s() - start_s;
}

static void visit_next(struct validation *v)
{
    visit(v, &v->subjects[v->next_visit++ % v->n]);
}

// The next model is visited whenever visits have had less than their share of the time.
static bool take_turn(void *context, const struct measure *m)
{
    struct validation *v = context;
    char text[96];
    measure_describe(m, text, sizeof text);
    progress_show(&v->progress, 0.999 * sampler_progress(m->sampler), 1, text, session_now_s());
    while (v->visits_s < visits_share * (session_now_s() - v->start_s) && !interrupted)
        visit_next(v);
    return !interrupted;
}

// Models that met the condition of their bricks too rarely are visited again, within a limit.
static void visit_lacking(struct validation *v)
{
    int lacking = 1;
    for (int round = 0; round < MAX_EXTRA_VISITS && lacking; round++) {
        lacking = 0;
        for (int i = 0; i < v->n && !interrupted; i++) {
            struct subject *s = &v->subjects[i];
            if (subject_visits_within(s, v->timings.band) >= ENOUGH_VISITS)
                continue;
            lacking++;
            visit(v, s);
        }
    }
}

static int measure_all(struct validation *v, struct error *err)
{
    int pending;
    do
        pending = measure_round(&v->measure, take_turn, v, err);
    while (pending > 0 && !interrupted);
    while (v->next_visit < v->n * ENOUGH_VISITS && !interrupted)
        visit_next(v);
    if (pending < 0 || interrupted)
        return pending < 0 ? -1 : 0;
    if (!v->o->from_cache)
        measure_timings(&v->measure, &v->timings);
    visit_lacking(v);
    return 0;
}

// ---- findings ------------------------------------------------------------------------------

static int64_t batch_of(const struct model *model)
{
    return model->n_inputs && model->inputs[0].t.rank ? model->inputs[0].t.dims[0] : 1;
}

static const char *kind_of(const struct validation *v)
{
    return v->o->from_cache ? "from cache" : "fresh";
}

static const char *isa_of(const struct validation *v)
{
    return v->measure.engine.environment.value[ENV_isa];
}

static void add_verdict(const struct validation *v, const struct subject *s,
                        const struct prediction *p, struct findings *f)
{
    struct verdict *verdict = findings_add(f);
    verdict->model = arena_strdup(&f->arena, s->model->name);
    verdict->kind = kind_of(v);
    verdict->threads = v->measure.engine.threads;
    verdict->batch = batch_of(s->model);
    verdict->granularity = v->measure.suite->granularity;
    verdict->isa = arena_strdup(&f->arena, isa_of(v));
    subject_judge(s, p, v->timings.band, verdict);
}

// Ages of the records behind a prediction.
static void take_ages(struct setting *s, const struct prediction *p)
{
    double now = (double)clock_unix_time();
    s->records_oldest_s = fmax(s->records_oldest_s, now - (double)p->oldest);
    for (int i = 0; i < p->model->n_instances; i++)
        s->records_newest_s = fmin(s->records_newest_s, now - (double)p->times[i].newest);
}

static bool lists(const struct str *names, const char *name)
{
    size_t n = strlen(name);
    for (const char *p = names->text; (p = strstr(p, name)); p += n)
        if ((p == names->text || p[-1] == ' ') && (!p[n] || p[n] == ','))
            return true;
    return false;
}

// Hosts of all records of the suite's bricks.
static const char *hosts_of(const struct timings *t, struct arena *arena)
{
    struct str hosts = STR_INIT;
    for (int i = 0; i < t->suite->n_bricks; i++)
        for (int k = 0; k < t->n_records[i]; k++) {
            const char *host = t->records[i][k].host;
            if (*host && !lists(&hosts, host))
                str_addf(&hosts, "%s%s", hosts.len ? ", " : "", host);
        }
    const char *result = arena_strdup(arena, hosts.text);
    str_release(&hosts);
    return result;
}

// One thread hands nothing over.
static void fill_condition(const struct validation *v, struct setting *s)
{
    struct band band = v->timings.band;
    bool met = band.high > 0 && isfinite(band.high);
    int within = 0;
    for (int i = 0; i < v->n; i++) {
        s->visits += v->subjects[i].visits.n_visits;
        within += subject_visits_within(&v->subjects[i], band);
    }
    s->handoff_low_ns = met ? band.low : NAN;
    s->handoff_high_ns = met ? band.high : NAN;
    s->visits_share = s->visits ? (double)within / (double)s->visits : NAN;
}

static struct setting *add_setting(const struct validation *v, struct findings *f)
{
    struct setting *s = findings_add_setting(f);
    s->kind = kind_of(v);
    s->threads = v->measure.engine.threads;
    s->batch = input_batch(v->o);
    s->granularity = v->measure.suite->granularity;
    s->isa = arena_strdup(&f->arena, isa_of(v));
    s->records_host = hosts_of(&v->timings, &f->arena);
    s->records_newest_s = INFINITY;
    fill_condition(v, s);
    return s;
}

static void say_young(const struct setting *s)
{
    if (s->records_newest_s < young_s)
        note("the newest records are %.0f min old: for a judgement of the cache they should be "
             "from another hour",
             s->records_newest_s / 60);
}

static void collect_findings(const struct validation *v, struct findings *f)
{
    struct setting *s = add_setting(v, f);
    for (int i = 0; i < v->n; i++) {
        struct prediction p;
        predict_model(&p, &v->timings, v->subjects[i].model);
        add_verdict(v, &v->subjects[i], &p, f);
        if (v->o->gap)
            gap_line(&v->measure, &p, f->verdicts[f->n - 1].measured_p50_ns);
        take_ages(s, &p);
        prediction_release(&p);
    }
    if (v->o->from_cache)
        say_young(s);
    else
        s->records_newest_s = s->records_oldest_s = NAN;
}

// ---- the whole -----------------------------------------------------------------------------

static int open_validation(struct validation *v, const struct suite *s, struct error *err)
{
    // twice the usual number of rounds: as many visits of the models
    struct sampler_options sampling = sampler_defaults;
    sampling.min_rounds *= 2;
    if (measure_open(&v->measure, v->o, s, v->o->from_cache ? MEASURE_nothing : MEASURE_all,
                     &sampling, err))
        return -1;
    if (v->o->from_cache)
        timings_load(&v->timings, s, &v->measure.place);
    if (v->timings.misses.n)
        note("%d file(s) of the cache are passed over, the first: %s", v->timings.misses.n,
             v->timings.misses.reason);
    add_subjects(v);
    return 0;
}

static int validate(struct validation *v, const struct suite *s, struct findings *f,
                    struct error *err)
{
    if (open_validation(v, s, err))
        return -1;
    v->start_s = session_now_s();
    progress_start(&v->progress, stderr, v->start_s);
    int status = v->n ? measure_all(v, err) : 0;
    progress_clear(&v->progress);
    if (status)
        return -1;
    if (v->measure.place.probe.warning[0])
        note("%s", v->measure.place.probe.warning);
    if (v->n && !interrupted)
        collect_findings(v, f);
    return 0;
}

static int status_of(const struct validation *v)
{
    if (v->n_left_out || v->measure.n_left_out)
        return STATUS_failed;
    return interrupted || v->n_incomplete ? STATUS_incomplete : STATUS_done;
}

static void close_validation(struct validation *v)
{
    for (int i = 0; i < v->n; i++)
        subject_release(&v->subjects[i]);
    free(v->subjects);
    if (v->timings.suite)
        timings_release(&v->timings);
    measure_close(&v->measure);
}

// Models that --batch does not reach say nothing about it. Their bricks stay in the suite, where no
// model wants them. Fails if no model is left.
static int drop_other_batches(struct suite *s, int batch, struct error *err)
{
    int kept = 0, n = s->n_models;
    for (int i = 0; i < s->n_models; i++) {
        struct model *m = &s->models[i];
        if (batch_of(m) == batch)
            s->models[kept++] = *m;
        else
            note("%s is left out: its batch is %lld, not %d, and it has no dimension named batch "
                 "(perhaps --dim NAME=%d sets it)",
                 m->name, (long long)batch_of(m), batch, batch);
    }
    s->n_models = kept;
    return n && !kept ? fail(err, "no model has a batch of %d", batch) : 0;
}

static int validate_suite(const struct options *o, struct findings *f)
{
    struct suite s;
    struct error err = {0};
    int status = input_load(o, &s);
    if (o->batches.n && drop_other_batches(&s, o->batches.value[0], &err))
        status = report(&err);
    if (s.n_models) {
        struct validation v = {.o = o};
        if (validate(&v, &s, f, &err))
            status = report(&err);
        else if (status == STATUS_done)
            status = status_of(&v);
        close_validation(&v);
    }
    suite_release(&s);
    return status;
}

// --batch N is --dim batch=N for all models that have such a dimension.
int validate_here(const struct options *o, struct findings *f)
{
    struct options with_batch = *o;
    size_t n = (size_t)o->n_dims;
    with_batch.dims = xcalloc(n + 1, sizeof *with_batch.dims);
    for (size_t i = 0; i < n; i++)
        with_batch.dims[i] = o->dims[i];
    if (o->batches.n)
        with_batch.dims[with_batch.n_dims++] =
            (struct dim_binding){.name = "batch", .value = o->batches.value[0]};
    int status = validate_suite(&with_batch, f);
    free(with_batch.dims);
    return status;
}
